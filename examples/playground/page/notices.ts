import { element } from './element.ts';
import { find } from './find.ts';

/** Says above all rooms what keeps the page from working. */
export function notice(sentence: string): void {
  const list = find('notices', HTMLElement);
  list.append(element('li', { class: 'fault', role: 'alert' }, sentence));
  list.hidden = false;
}
