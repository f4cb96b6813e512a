import type { Phase } from './phases.ts';
import type { Grid, Pair } from './problem.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, temporary } from '../runtime/cpu/launch.ts';
import { convolve } from './convolution.cpu.ts';
import { phasesOf } from './phases.ts';

/**
 * The gradient of `convolve` by its source: output [N, G · channels, *source] from gradient [N, G · rows, *size].
 * Source positions of equal remainder modulo the stride see the gradient under the same taps, without gaps: for each
 * remainder, a convolution by the turned weights.
 */
export function convolveBack(grid: Grid, gradient: number, weights: number, output: number): void {
  const { images, groups, channels, source, stride } = grid;
  const maps = images * groups * channels;
  const phases = [0, 1].map((axis) => phasesOf(grid, axis as 0 | 1)) as [Phase[], Phase[]];
  const isWhole = stride[0] === 1 && stride[1] === 1;
  const isFull = grid.rows > 0 && phases.every((axis) => axis.every(({ taps }) => taps > 0));
  if (!isFull) new Float32Array(engine().memory.buffer, output, maps * source[0] * source[1]).fill(0);
  for (const y of phases[0]) {
    for (const x of phases[1]) {
      const size: Pair = [y.count, x.count];
      if (y.taps * x.taps * grid.rows === 0 || size[0] * size[1] * maps === 0) continue;
      if (isWhole) {
        convolvePhase(grid, y, x, gradient, weights, output);
        continue;
      }
      temporary(4 * maps * size[0] * size[1], (at) => {
        convolvePhase(grid, y, x, gradient, weights, at);
        const args = [at, ...size, output, ...source, y.first, x.first, ...stride];
        launch('convolutionInterleave', args, maps, { work: size[0] * size[1] });
      });
    }
  }
}

function convolvePhase(grid: Grid, y: Phase, x: Phase, gradient: number, weights: number, output: number): void {
  const { groups, channels, rows, kernel } = grid;
  temporary(4 * groups * channels * rows * y.taps * x.taps, (turned) => {
    const taps = [y.firstTap, y.tapStep, y.taps, x.firstTap, x.tapStep, x.taps];
    launch('convolutionTurnWeights', [weights, rows, channels, ...kernel, ...taps, turned], groups * channels, {
      work: rows * y.taps * x.taps,
    });
    convolve(
      {
        ...grid,
        channels: rows,
        rows: channels,
        source: grid.size,
        size: [y.count, x.count],
        kernel: [y.taps, x.taps],
        stride: [1, 1],
        dilation: [y.dilation, x.dilation],
        offset: [y.offset, x.offset],
      },
      gradient,
      turned,
      0,
      output,
    );
  });
}
