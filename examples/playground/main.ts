// The rooms of the page by the address's hash; each loads its code when it is first entered.

import { find } from './page/find.ts';
import { notice } from './page/notices.ts';

const rooms: Readonly<Record<string, () => Promise<{ enter(): void }>>> = {
  geometry: () => import('./geometry/room.ts'),
  train: () => import('./train/room.ts'),
  look: () => import('./look/room.ts'),
};

async function route(): Promise<void> {
  const asked = location.hash.replace(/^#\//, '');
  const name = asked in rooms ? asked : 'geometry';
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  for (const other of document.querySelectorAll<HTMLElement>('.room')) other.hidden = other.id !== name;
  document.title = `${find(`${name}-title`, HTMLElement).textContent} · vicinal playground`;
  try {
    (await rooms[name]!()).enter();
  } catch (error) {
    notice(`The room could not be opened. ${(error as Error).message}`);
  }
}

if (typeof WebAssembly === 'undefined')
  notice('This browser has no WebAssembly, or it is switched off: nothing can be trained, and no mask is drawn.');
window.addEventListener('hashchange', () => void route());
await route();
