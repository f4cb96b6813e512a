import type { Reduction } from './collectives.ts';
import type { Parameter } from '../nn/index.ts';
import { concat, noGrad, scope, tensor, zeros, type Tensor } from '../index.ts';
import { byteSize } from '../tensor/dtype.ts';

/** The first to be full is small, so that its way to the other ranks begins early. */
const firstBytes = 2 ** 20;

/** Parameters, in the order in which their gradients come, in groups of one kind and of at most `capBytes`. */
export function planBuckets(parameters: readonly Parameter[], capBytes: number): Parameter[][] {
  const groups: Parameter[][] = [];
  let bytes = Infinity;
  for (const parameter of parameters) {
    const own = parameter.size * byteSize[parameter.dtype];
    const open = groups.at(-1);
    const isAlike = open?.[0]?.dtype === parameter.dtype && open[0].device === parameter.device;
    const cap = groups.length === 1 ? Math.min(firstBytes, capBytes) : capBytes;
    if (!open || !isAlike || bytes + own > cap) {
      groups.push([parameter]);
      bytes = own;
    } else {
      open.push(parameter);
      bytes += own;
    }
  }
  return groups;
}

/** Gradients that travel together: one all-reduce. */
export class Bucket {
  readonly parameters: readonly Parameter[];
  /** Those whose gradient has come in this round. */
  readonly ready = new Set<Parameter>();
  #flat: Tensor | null = null;
  #reduction: Reduction | null = null;

  constructor(parameters: readonly Parameter[]) {
    this.parameters = parameters;
  }

  get isFull(): boolean {
    return this.ready.size === this.parameters.length;
  }

  get isLaunched(): boolean {
    return this.#reduction !== null;
  }

  /** All gradients one after another, then for each parameter whether it has one: a rank may not have used it. */
  launch(reduce: (flat: Tensor) => Reduction): void {
    this.#flat = scope(() =>
      noGrad(() => {
        const { device, dtype } = this.parameters[0]!;
        const parts = this.parameters.map(({ grad, size }) => grad?.reshape([-1]) ?? zeros([size], { device, dtype }));
        const marks = this.parameters.map(({ grad }) => (grad ? 1 : 0));
        return concat([...parts, tensor(marks, { device, dtype })]).own();
      }),
    );
    this.#reduction = reduce(this.#flat);
  }

  progress(): void {
    this.#reduction?.progress();
  }

  /** Waits, and gives each parameter that any rank has used its reduced gradient: a view of the bucket. */
  async deliver(): Promise<void> {
    const values = await this.#reduction!.done();
    const flat = this.#flat!;
    scope(() =>
      noGrad(() => {
        const marks = values.subarray(values.length - this.parameters.length);
        let start = 0;
        for (const [i, parameter] of this.parameters.entries()) {
          const end = start + parameter.size;
          if (marks[i] !== 0) parameter.grad = flat.slice({ axis: 0, start, end }).reshape(parameter.shape);
          start = end;
        }
      }),
    );
    flat.dispose();
    this.#flat = this.#reduction = null;
    this.ready.clear();
  }
}
