import type { Session } from '../engine/session.ts';
import { find } from '../page/find.ts';

/** Saving and loading of weights: buttons, and a file dropped anywhere on the page. */
export function connectWeights(session: Session): void {
  find('train-save', HTMLButtonElement).addEventListener('click', () => void save(session));
  const input = find('train-load', HTMLInputElement);
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) void session.load(file);
    input.value = ''; // the same file may be chosen again
  });
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file) void session.load(file);
  });
}

async function save(session: Session): Promise<void> {
  const bytes = await session.save();
  const address = URL.createObjectURL(
    new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
  );
  const link = document.createElement('a');
  link.href = address;
  link.download = `digits-${session.state.history.at(-1)?.step ?? 0}.safetensors`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
