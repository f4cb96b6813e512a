// The same work by PyTorch on the same GPU, where it is there.

import { spawnSync } from 'node:child_process';

const program = `
import torch, statistics
def time(f):
    for _ in range(3): f()
    torch.cuda.synchronize()
    start = torch.cuda.Event(enable_timing=True); end = torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(200): f()
    end.record(); torch.cuda.synchronize()
    samples = []
    for _ in range(11):
        start.record()
        for _ in range(10): f()
        end.record(); torch.cuda.synchronize()
        samples.append(start.elapsed_time(end) / 1e4)
    return statistics.median(samples)
torch.backends.cuda.matmul.allow_tf32 = False
print('PyTorch', torch.__version__, torch.cuda.get_device_name())
x = torch.randn(65536, 1024, device='cuda')
norm = torch.nn.LayerNorm(1024, device='cuda').requires_grad_(False)
y = torch.empty_like(x)
rows = dict(copy=lambda: y.copy_(x), add=lambda: x + 1, gelu=lambda: torch.nn.functional.gelu(x),
            softmax=lambda: x.softmax(-1), layerNorm=lambda: norm(x))
for dtype, name in ((torch.float32, 'float32'), (torch.float16, 'float16')):
    for n in (4096, 2048, 1024):
        a = torch.randn(n, n, device='cuda', dtype=dtype)
        rows[f'{n}\\u00b3 NN {name}'] = lambda a=a: a @ a
for name, f in rows.items(): print('row', time(f), name)
`;

/** Seconds by name of a row; empty where there is no PyTorch with a GPU. */
export function pytorchSeconds(): ReadonlyMap<string, number> {
  const { status, stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8' });
  if (status !== 0) {
    console.log('no PyTorch with a GPU beside: its columns are left out');
    return new Map();
  }
  const [heading, ...lines] = stdout.trim().split('\n');
  console.log(heading);
  const rows = lines.map((line) => line.split(' ')).filter(([word]) => word === 'row');
  return new Map(rows.map(([, seconds, ...name]) => [name.join(' '), Number(seconds)]));
}
