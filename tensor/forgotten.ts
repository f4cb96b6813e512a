// Tensors that no scope owns are freed when the garbage collector finds them, with a warning in development:
// collection does not feel device memory, so a program should not count on it.

import type { Dtype } from './dtype.ts';
import type { Shape } from './shape.ts';
import type { Storage } from './storage.ts';
import type { Variable } from './variable.ts';
import { isDevelopment } from './development.ts';
import { formatShape } from './shape.ts';

/** What is left of a tensor when its handle is gone. */
interface Remains {
  storage: Storage;
  variable: Variable | null;
  dtype: Dtype;
  shape: Shape;
  /** The stack that made it. */
  site: string | undefined;
}

interface Watched {
  readonly storage: Storage;
  readonly variable: Variable | null;
  readonly dtype: Dtype;
  readonly shape: Shape;
}

const registry = new FinalizationRegistry<Remains>(({ storage, variable, dtype, shape, site }) => {
  storage.count.tensors--;
  storage.release();
  variable?.releaseHandle();
  if (site) {
    const origin = site.split('\n').slice(1).join('\n');
    console.warn(
      `vicinal: a ${dtype} tensor of shape ${formatShape(shape)} was never freed; use scope(), using or dispose(). It was made here:\n${origin}`,
    );
  }
});

/** Frees `tensor`'s memory when it is garbage collected; in development with a warning, unless that is how its owner meant it. */
export function watch(tensor: Watched, isForgetful: boolean): void {
  const { storage, variable, dtype, shape } = tensor;
  // As text at once: an Error keeps the receivers of its frames alive until it is formatted, and the tensor is one.
  const site = isDevelopment && isForgetful ? new Error('made here').stack : undefined;
  registry.register(tensor, { storage, variable, dtype, shape, site }, tensor);
}

export function unwatch(tensor: object): void {
  registry.unregister(tensor);
}
