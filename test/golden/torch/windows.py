"""Outputs and gradients of convolutions, pools, windows, norms, attention and layouts: as order.py."""
import torch
import torch.nn.functional as F

from fixture import draw
from order import Calls


def convolutions(c):
    for axes, sizes in ((1, [9]), (3, [4, 3, 5])):
        conv, transposed = getattr(F, f'conv{axes}d'), getattr(F, f'conv_transpose{axes}d')
        for attrs in (dict(), dict(stride=2, padding=1), dict(padding=2, dilation=2), dict(groups=2, stride=2)):
            groups = attrs.get('groups', 1)
            c.add(f'conv{axes}d', conv, draw(1, 4, *sizes), draw(4, 4 // groups, *[2] * axes), draw(4), **attrs)
        c.add(f'convTranspose{axes}d', transposed, draw(1, 4, *sizes), draw(4, 3, *[3] * axes), None)
        c.add(f'convTranspose{axes}d', transposed, draw(1, 4, *sizes), draw(4, 3, *[3] * axes), draw(6),
              stride=2, padding=1, outputPadding=1, groups=2)
    for attrs in (dict(), dict(stride=[2, 3], padding=[0, 1]), dict(stride=2, padding=1, outputPadding=1, dilation=2), dict(groups=2)):
        weight = draw(4, 6 // attrs.get('groups', 1), 3, 2)
        c.add('convTranspose2d', F.conv_transpose2d, draw(2, 4, 5, 4), weight, draw(6), **attrs)


def pools(c):
    for axes, sizes in ((1, [9]), (3, [4, 5, 3])):
        x = draw(2, 3, *sizes)
        for attrs in (dict(kernelSize=2), dict(kernelSize=3, stride=2, padding=1)):
            c.add(f'maxPool{axes}d', getattr(F, f'max_pool{axes}d'), x, **attrs)
            c.add(f'avgPool{axes}d', getattr(F, f'avg_pool{axes}d'), x, **attrs)
        c.add(f'maxPool{axes}d', getattr(F, f'max_pool{axes}d'), x, kernelSize=2, stride=3, ceilMode=True)
        for size in (1, 2):
            c.add(f'adaptiveAvgPool{axes}d', getattr(F, f'adaptive_avg_pool{axes}d'), x, outputSize=size)
            c.add(f'adaptiveMaxPool{axes}d', getattr(F, f'adaptive_max_pool{axes}d'), x, outputSize=size)
    for size in (1, [3, 5], [7, 8]):
        c.add('adaptiveMaxPool2d', F.adaptive_max_pool2d, draw(2, 3, 7, 8), outputSize=size)


def divisors(c):
    for axes, sizes in ((2, [7, 8]), (3, [4, 5, 3])):
        for attrs in (dict(kernelSize=2, divisorOverride=3), dict(kernelSize=3, stride=2, padding=1, countIncludePad=False, divisorOverride=5)):
            c.add(f'avgPool{axes}d', getattr(F, f'avg_pool{axes}d'), draw(1, 2, *sizes), **attrs)


def borders(c):
    def pad(x, pairs, mode):
        # PyTorch pads the last one to three axes of a tensor with two more in these modes.
        more = x[(None,) * (2 + len(pairs) - x.dim())]
        padded = F.pad(more, [n for pair in pairs[::-1] for n in pair], mode=mode)
        return padded.reshape(x.shape[:-len(pairs)] + padded.shape[-len(pairs):])
    for mode in ('reflect', 'replicate', 'circular'):
        c.add('pad', pad, draw(2, 5), [[2, 3]], mode=mode)
        c.add('pad', pad, draw(2, 2, 3, 4), [[0, 2], [3, 1]], mode=mode)
        c.add('pad', pad, draw(1, 2, 3, 4, 3), [[1, 2], [2, 0], [1, 2]], mode=mode)


def windows(c):
    for attrs in (dict(kernelSize=2), dict(kernelSize=[3, 2], stride=2, padding=1), dict(kernelSize=2, dilation=[2, 1])):
        c.add('unfold', F.unfold, draw(2, 3, 5, 6), **attrs)
    c.add('fold', F.fold, draw(2, 12, 9), outputSize=[4, 4], kernelSize=2)
    c.add('fold', F.fold, draw(2, 18, 4), outputSize=[4, 4], kernelSize=3, stride=2, padding=1)
    c.add('pixelShuffle', F.pixel_shuffle, draw(2, 8, 3, 4), 2)
    c.add('pixelUnshuffle', F.pixel_unshuffle, draw(2, 2, 4, 6), 2)
    x = draw(2, 3, 5, 4)

    def interpolate(x, mode, **attrs):
        return F.interpolate(x, mode={'nearestExact': 'nearest-exact'}.get(mode, mode), **attrs)
    for mode in ('nearest', 'nearestExact', 'bilinear', 'bicubic', 'area'):
        for size in ([10, 7], [3, 2]):
            c.add('interpolate', interpolate, x, size=size, mode=mode)
    for mode in ('bilinear', 'bicubic'):
        c.add('interpolate', F.interpolate, x, scaleFactor=1.6, mode=mode)
        c.add('interpolate', F.interpolate, x, size=[9, 6], mode=mode, alignCorners=True)
        c.add('interpolate', F.interpolate, x, size=[3, 2], mode=mode, antialias=True)
    c.add('interpolate', F.interpolate, draw(2, 3, 5), size=8, mode='linear')
    c.add('interpolate', F.interpolate, draw(1, 2, 3, 4, 3), size=[5, 3, 6], mode='trilinear')


def norms(c):
    x = draw(2, 6, 3, 4) * 2 + 1
    for groups in (1, 3, 6):
        c.add('groupNorm', F.group_norm, x, groups, draw(6), draw(6))
    c.add('groupNorm', F.group_norm, x, 2, None, None, eps=1e-2)
    c.add('instanceNorm', lambda x, w, b, eps=1e-5: F.instance_norm(x, weight=w, bias=b, eps=eps), x, draw(6), draw(6), eps=1e-3)
    c.add('instanceNorm', lambda x, w, b: F.instance_norm(x, weight=w, bias=b), x, None, None)
    c.add('batchNorm', lambda x, w, b, training: F.batch_norm(x, None, None, w, b, training), x, draw(6), draw(6), training=True)

    def rms_norm(x, weight, eps):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * (1 if weight is None else weight)
    c.add('rmsNorm', rms_norm, draw(3, 4, 10), draw(10), eps=1e-5)
    c.add('rmsNorm', rms_norm, draw(3, 4, 10), None, eps=1e-3)


def attentions(c):
    def attention(query, key, value, is_causal=False, scale=None):
        scores = torch.einsum('bsnd,btnd->bnst', query, key) * (query.shape[-1] ** -0.5 if scale is None else scale)
        if is_causal:
            scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), -float('inf'))
        return torch.einsum('bnst,btnd->bsnd', scores.softmax(-1), value)
    for attrs in (dict(), dict(isCausal=True), dict(scale=0.5)):
        c.add('attention', attention, draw(2, 5, 2, 4), draw(2, 6, 2, 4), draw(2, 6, 2, 3), **attrs)


def layouts(c):
    x = draw(2, 3, 4)
    c.add('concat', torch.cat, [draw(2, 3), draw(1, 3), draw(4, 3)])
    c.add('concat', lambda xs, dim: torch.cat(xs, dim), [draw(2, 3), draw(2, 5)], axis=-1)
    c.add('split', lambda x, sizes, dim: x.split(list(sizes), dim), x, part=1, sizes=[1, 2], axis=1)
    c.add('permute', lambda x, *axes: x.permute(axes), x, 2, 0, 1)
    c.add('transpose', torch.transpose, x, 0, 2)
    c.add('reshape', lambda x, shape: x.reshape(shape), x, [4, -1])
    c.add('flatten', torch.flatten, x, 1)
    c.add('squeeze', torch.squeeze, draw(2, 1, 3), 1)
    c.add('unsqueeze', torch.unsqueeze, x, 1)
    c.add('expand', lambda x, shape: x.expand(shape), draw(3, 1), [2, 3, 4])
    c.add('flip', lambda x, dim: x.flip(dim), x, axis=[0, 2])
    c.add('select', torch.select, x, 1, -1)
    c.add('slice', lambda x, dim, start, end, step: x[:, start:end:step], x, axis=1, start=0, end=3, step=2)
    c.add('unbind', lambda x, dim: x.unbind(dim), x, part=2, axis=1)
    c.add('pad', lambda x, pairs, value=0.0: F.pad(x, [n for pair in pairs[::-1] for n in pair], value=value), x, [[1, 0], [0, 2]], value=0.5)
    index = torch.tensor([[0, 2, 2, 1], [1, 1, 0, 3]]).int()
    c.add('scatterAdd', lambda x, i, dim, size: torch.zeros(2, size).double().scatter_add(dim, i.long(), x), draw(2, 4), index, axis=1, size=5)


def make():
    cases = Calls()
    for family in (convolutions, pools, windows, norms, attentions, layouts, divisors, borders):
        family(cases)
    cases.save('windows')
