// Logsumexp and delta of queries, as the backward programs read them.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { BackwardOperands } from '../packed.ts';
import type { Word } from '../../runtime/webgpu/program.ts';
import type { Sighting } from './sighting.ts';
import { launchElementwise } from '../../elementwise/elementwise.webgpu.ts';
import { withTemporary } from '../../runtime/temporary.ts';
import { withRows } from '../packed.ts';

/** What a program needs for `logsumexpOf(at)` and `deltaOf(at)`; `at` counts batch entries, tokens, heads, the last fastest. */
export interface Stats {
  readonly buffers: readonly (readonly [name: string, tensor: Tensor])[];
  readonly params: readonly (readonly [name: string, type: Word, value: number])[];
  readonly code: string;
}

// That of scores that are all −∞ becomes large, which makes their weights 0.
const finite = 'fn finite(x: f32) -> f32 { return select(x, 1e38, x < -3e38); }';
const apart = `${finite}
fn logsumexpOf(at: u32) -> f32 { return finite(logsumexp[params.logsumexpOffset + at]); }
fn deltaOf(at: u32) -> f32 { return delta[params.deltaOffset + at]; }`;
const together = `${finite}
fn logsumexpOf(at: u32) -> f32 { return finite(stats[params.statsOffset + at]); }
fn deltaOf(at: u32) -> f32 { return stats[params.statsOffset + params.statsSize + at]; }`;

/** A program may have eight buffers: where a bias or a table of windows takes one, both are put into one, delta behind. */
export function withStats(
  operands: BackwardOperands,
  { windows }: Sighting,
  body: (packed: BackwardOperands, stats: Stats) => void,
): void {
  withRows(operands, (packed) => {
    const { logsumexp, delta, rpb } = packed;
    if (!rpb && !windows && logsumexp.isContiguous && delta.isContiguous) {
      const buffers = [['logsumexp', logsumexp] as const, ['delta', delta] as const];
      return body(packed, { buffers, params: [], code: apart });
    }
    withTemporary(logsumexp, 'float32', [2 * logsumexp.size], (stats) => {
      [logsumexp, delta].forEach((x, i) => {
        const part = stats.slice({ axis: 0, start: i * x.size, end: (i + 1) * x.size });
        const flat = x.detach().reshape([-1]);
        launchElementwise({ name: 'contiguous', value: 'x' }, [flat], part);
        flat.dispose();
        part.dispose();
      });
      const params = [['statsSize', 'u32', logsumexp.size] as const];
      body(packed, { buffers: [['stats', stats]], params, code: together });
    });
  });
}
