"""Makes prints.json: what PyTorch prints of known values, for test/tensor/format.test.ts.

Run with Debian's python3-torch: /usr/bin/python3 test/golden/format/make.py. Made with torch 1.13.0.
Reals are float32 so that both print the same digits; floats that JSON lacks are strings.
"""
import json, pathlib, re
import torch

torch.manual_seed(0)
nan, inf = float('nan'), float('inf')
dtypes = {torch.float32: 'float32', torch.int32: 'int32', torch.uint8: 'uint8', torch.bool: 'bool'}
cases = []


def put(values, dtype=torch.float32):
    x = values if isinstance(values, torch.Tensor) else torch.tensor(values, dtype=dtype)
    numbers = [{'nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}.get(str(v), v) for v in x.flatten().tolist()]
    name = dtypes[x.dtype]
    # Names differ on purpose: torch.int32 is int32 here, True is true, size=(0, 3) is shape=[0, 3].
    text = str(x).replace('torch.', '').replace('True', 'true').replace('False', 'false')
    text = re.sub(r'size=\(([^)]*)\)', lambda m: 'shape=[' + m[1].rstrip(',') + ']', text)
    cases.append({'shape': list(x.shape), 'dtype': name, 'values': [int(v) if name == 'bool' else v for v in numbers], 'print': text})


for v in (3.0, 0.5, -0.0, nan, inf, -inf, 1e-5, 1e9, 123456.0, 0.1): put(v)
for row in (
    [1.0, 2.0], [0.5, 2.0], [0.0, 0.0], [-0.0, 1.0], [-0.0, 0.5], [1.0, nan], [nan, inf, -inf], [1.5, inf], [1.0, -inf, 100.0],
    [1.0, 1000.0], [1.0, 1001.0], [1.0, 10000.0], [0.5, 500.0], [0.5, 501.0], [1e-4, 1e-3], [9e-5, 1e-4], [1e8, 1e8], [1e8, 2e8],
    [1e-10, 1e10], [3e38, 1e-38], [99999.5, 100.0], [0.0, 1e-6], [1e20], [-1.0, 10.0], [-0.25, 10.0],
):
    put(row)
put([[True, False], [False, False]], torch.bool); put(True, torch.bool)
put([1, -20, 300], torch.int32); put(7, torch.int32); put([[0], [255]], torch.uint8)
for shape in ((0,), (0, 3), (2, 0)): put(torch.zeros(shape)); put(torch.zeros(shape, dtype=torch.int32))
for shape in ((2, 3), (2, 1, 3), (2, 2, 2, 2), (1, 1), (13,), (40,), (3, 30), (1000,), (1001,), (2, 600), (600, 2), (7, 8, 20), (4, 7, 7, 7), (6, 200), (1, 1, 1, 1001)):
    put(torch.randn(shape).mul(8).round() / 8)  # eighths are short in JSON
put(torch.arange(1001, dtype=torch.int32)); put(torch.arange(1000, dtype=torch.int32)); put(torch.arange(1008, dtype=torch.float32).reshape(36, 28))
put(torch.randn(1100).mul(1e5).round()); put(torch.arange(50, dtype=torch.int32) * 1000)
put((torch.arange(1002) > 500).reshape(2, 501))
# Only what is shown decides on the notation.
put(torch.cat([torch.ones(500), torch.tensor([1e-9]), torch.ones(600)]))

path = pathlib.Path(__file__).parent / 'prints.json'
path.write_text('[\n' + ',\n'.join(json.dumps(c, separators=(',', ':')) for c in cases) + '\n]\n')
print(len(cases), 'prints')
