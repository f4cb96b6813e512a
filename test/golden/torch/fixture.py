"""What the fixtures are made of: seeded draws, cases, and a writer of safetensors (Debian has no package for it)."""
import json
import pathlib
import re

import torch

HERE = pathlib.Path(__file__).parent
DTYPES = {torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16',
          torch.int64: 'I64', torch.int32: 'I32', torch.uint8: 'U8', torch.bool: 'BOOL'}
WORDS = {'axis': 'dim', 'keep_dims': 'keepdim'}


def exact(x):
    """The float32 nearest to each real value, as float64: results are then right to the last digit for our inputs."""
    return x.detach().float().double() if x.is_floating_point() else x.detach()


def draw(*shape):
    return exact(torch.randn(shape))


def in_torch(attrs):
    """Our attributes in PyTorch's words: labelSmoothing -> label_smoothing, axis -> dim."""
    snake = {re.sub('([A-Z])', lambda m: '_' + m[1].lower(), k): v for k, v in attrs.items()}
    return {WORDS.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in snake.items()}


def save(name, tensors, **metadata):
    """Writes NAME.safetensors; metadata values are stored as JSON."""
    header = {'__metadata__': {k: json.dumps(v) for k, v in metadata.items()}} if metadata else {}
    body = b''
    for key, tensor in tensors.items():
        flat = tensor.detach().contiguous()
        raw = flat.view(torch.int16) if flat.dtype == torch.bfloat16 else flat  # numpy has no bfloat16
        data = raw.numpy().tobytes()
        header[key] = {'dtype': DTYPES[flat.dtype], 'shape': list(flat.shape), 'data_offsets': [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    (HERE / f'{name}.safetensors').write_bytes(len(text).to_bytes(8, 'little') + text + body)


class Cases:
    """Calls or layers with their tensors, in one file: tensor KEY of case N is named `N.KEY`."""

    def __init__(self):
        self.list, self.tensors = [], {}

    def put(self, prefix, group):
        """Keeps copies; what float32 holds exactly takes half the room, indices are int32 as ours are."""
        for key, x in group.items():
            x = x.detach().clone()
            small = x.float() if x.dtype == torch.float64 and torch.equal(x, exact(x)) else x
            self.tensors[f'{len(self.list)}.{prefix}.{key}'] = small.int() if x.dtype == torch.int64 else small

    def end(self, **description):
        self.list.append(description)

    def save(self, name):
        save(name, self.tensors, cases=self.list)
