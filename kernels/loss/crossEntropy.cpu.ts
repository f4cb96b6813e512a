import type { Kernel } from '../../autograd/types.ts';
import type { CrossEntropyAttrs } from './crossEntropy.ts';
import { withIndices } from '../gather/indices.cpu.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

export const crossEntropyCpu: Kernel<['logits', 'target:int'], CrossEntropyAttrs> = (
  { logits, target },
  { labelSmoothing, ignoreIndex, reduction },
  [loss],
) => {
  const [rows, n] = logits.shape as [number, number];
  const checks = { op: 'crossEntropy', name: 'target', size: n, skip: ignoreIndex };
  withIndices(target, checks, (labels, count) => {
    const run = (losses: number): void =>
      launch('crossEntropyRows', [pointer(logits), labels, losses, n, labelSmoothing, ignoreIndex], rows, {
        work: n * 1.5,
        scratch: n * 4,
      });
    if (reduction === 'none') return run(pointer(loss!));
    temporary(rows * 4, (losses) => {
      run(losses);
      launch('scaledSum', [losses, rows, reduction === 'mean' ? 1 / count : 1, pointer(loss!)], 1, { work: rows });
    });
  });
};

export const crossEntropyBackwardCpu: Kernel<['logits', 'target:int', 'g'], CrossEntropyAttrs> = (
  { logits, target, g },
  { labelSmoothing, ignoreIndex, reduction },
  [dx],
) => {
  const [rows, n] = logits.shape as [number, number];
  const checks = { op: 'crossEntropyBackward', name: 'target', size: n, skip: ignoreIndex };
  withIndices(target, checks, (labels, count) => {
    const tensors = [pointer(logits), labels, pointer(g), reduction === 'none' ? 1 : 0, pointer(dx!)];
    const scale = reduction === 'mean' ? 1 / count : 1;
    launch('crossEntropyBackwardRows', [...tensors, n, labelSmoothing, ignoreIndex, scale], rows, { work: n * 1.5 });
  });
};
