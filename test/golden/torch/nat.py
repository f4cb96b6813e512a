"""A small DiNAT with its logits, under its authors' names and under those of Hugging Face: attention by a mask over all tokens."""
import itertools

import torch
from torch import nn
from torch.nn import functional as F

from fixture import draw, save

KERNEL = 3


def neighbours(length, dilation):
    """For each token of an axis the KERNEL nearest of its dilation group, which never leave the axis."""
    result = []
    for token in range(length):
        group, place = token % dilation, token // dilation
        members = len(range(group, length, dilation))
        start = min(max(place - KERNEL // 2, 0), members - KERNEL)
        result.append([(start + i) * dilation + group for i in range(KERNEL)])
    return result


class Attention(nn.Module):
    def __init__(self, dim, heads, dilation):
        super().__init__()
        self.heads, self.dilation = heads, dilation
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.rpb = nn.Parameter(torch.randn(heads, 2 * KERNEL - 1, 2 * KERNEL - 1))

    def bias(self, height, width):
        """[heads, tokens, tokens]: -inf where nobody attends."""
        bias = torch.full((self.heads, height, width, height, width), -torch.inf, dtype=self.rpb.dtype)
        rows, columns = neighbours(height, self.dilation), neighbours(width, self.dilation)
        for y, x in itertools.product(range(height), range(width)):
            for row, column in itertools.product(rows[y], columns[x]):
                at = [(key - query) // self.dilation + KERNEL - 1 for key, query in ((row, y), (column, x))]
                bias[:, y, x, row, column] = self.rpb[:, at[0], at[1]]
        return bias.reshape(self.heads, height * width, height * width)

    def forward(self, x):
        _, height, width, _ = x.shape
        least = KERNEL * self.dilation
        x = F.pad(x, (0, 0, 0, max(0, least - width), 0, max(0, least - height)))
        size = x.shape[1:3]
        q, k, v = self.qkv(x).flatten(1, 2).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        weights = (q @ k.mT * q.shape[-1] ** -0.5 + self.bias(*size)).softmax(-1)
        y = (weights @ v).transpose(1, 2).flatten(2).unflatten(1, size)
        return self.proj(y[:, :height, :width])


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads, dilation):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim), Attention(dim, heads, dilation)
        self.norm2, self.mlp = nn.LayerNorm(dim), Mlp(dim)
        self.gamma1, self.gamma2 = nn.Parameter(torch.randn(dim)), nn.Parameter(torch.randn(dim))

    def forward(self, x):
        x = x + self.gamma1 * self.attn(self.norm1(x))
        return x + self.gamma2 * self.mlp(self.norm2(x))


class Downsampler(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.reduction, self.norm = nn.Conv2d(dim, 2 * dim, 3, 2, 1, bias=False), nn.LayerNorm(2 * dim)

    def forward(self, x):
        return self.norm(self.reduction(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


class Tokenizer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Sequential(nn.Conv2d(3, dim // 2, 3, 2, 1), nn.Conv2d(dim // 2, dim, 3, 2, 1))
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        return self.norm(self.proj(x).permute(0, 2, 3, 1))


class Level(nn.Module):
    def __init__(self, dim, heads, is_last):
        super().__init__()
        self.blocks = nn.ModuleList([Block(dim, heads, dilation) for dilation in (1, 2)])
        self.downsample = None if is_last else Downsampler(dim)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.downsample(x) if self.downsample else x


class Dinat(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch_embed = Tokenizer(8)
        self.levels = nn.ModuleList([Level(8, 2, False), Level(16, 4, True)])
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 5)

    def forward(self, x):
        x = self.patch_embed(x)
        for level in self.levels:
            x = level(x)
        return self.head(self.norm(x).mean((1, 2)))


def in_hugging_face(state):
    """The names of transformers' DinatForImageClassification, with queries, keys and values apart."""
    result = {}
    for level, i in itertools.product(range(2), range(2)):
        ours, theirs = f'levels.{level}.blocks.{i}', f'dinat.encoder.levels.{level}.layers.{i}'
        result[f'{theirs}.layer_scale_parameters'] = torch.stack([state[f'{ours}.gamma{n}'] for n in (1, 2)])
        result[f'{theirs}.attention.self.rpb'] = state[f'{ours}.attn.rpb']
        for end in ('weight', 'bias'):
            result[f'{theirs}.layernorm_before.{end}'] = state[f'{ours}.norm1.{end}']
            result[f'{theirs}.layernorm_after.{end}'] = state[f'{ours}.norm2.{end}']
            for part, name in zip(state[f'{ours}.attn.qkv.{end}'].chunk(3), ('query', 'key', 'value')):
                result[f'{theirs}.attention.self.{name}.{end}'] = part
            result[f'{theirs}.attention.output.dense.{end}'] = state[f'{ours}.attn.proj.{end}']
            result[f'{theirs}.intermediate.dense.{end}'] = state[f'{ours}.mlp.fc1.{end}']
            result[f'{theirs}.output.dense.{end}'] = state[f'{ours}.mlp.fc2.{end}']
    result['dinat.encoder.levels.0.downsample.reduction.weight'] = state['levels.0.downsample.reduction.weight']
    for end in ('weight', 'bias'):
        for n in (0, 1):
            result[f'dinat.embeddings.patch_embeddings.projection.{n}.{end}'] = state[f'patch_embed.proj.{n}.{end}']
        result[f'dinat.embeddings.norm.{end}'] = state[f'patch_embed.norm.{end}']
        result[f'dinat.encoder.levels.0.downsample.norm.{end}'] = state[f'levels.0.downsample.norm.{end}']
        result[f'dinat.layernorm.{end}'] = state[f'norm.{end}']
        result[f'classifier.{end}'] = state[f'head.{end}']
    return result


def make():
    model = Dinat().eval()
    x = draw(2, 3, 26, 30).float()  # 7 x 8 tokens, then 4 x 4, which dilated windows do not fit
    save('nat', {**model.state_dict(), 'x': x, 'logits': model(x)})
    save('natHuggingFace', in_hugging_face(model.state_dict()))
