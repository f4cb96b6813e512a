"""Outputs and gradients of ops. Names, argument order and attributes are ours; each is computed by its PyTorch form."""
import torch
import torch.nn.functional as F

from fixture import Cases, draw, exact, in_torch


class Ops(Cases):
    def add(self, op, function, inputs, **attrs):
        """`inputs`: name -> tensor, number or None, in our argument order. Gradients are those of a weighted sum of the output."""
        leaves = {k: exact(v).requires_grad_(v.is_floating_point()) for k, v in inputs.items() if torch.is_tensor(v)}
        output = function(*({**inputs, **leaves}.values()), **in_torch(attrs))
        self.put('in', leaves)
        self.put('out', {'output': output})
        if output.requires_grad:
            weight = draw(*output.shape)
            output.backward(weight)
            self.put('out', {'weight': weight})
            self.put('grad', {k: v.grad for k, v in leaves.items() if v.grad is not None})
        self.end(op=op, args=[k if k in leaves else v for k, v in inputs.items()], attrs=attrs)


def elementwise(c):
    x = torch.tensor([-20.0, -3.5, -1.0, -0.25, 0.25, 0.5, 1.0, 2.75, 6.0, 20.0]).double()
    for op, f in dict(neg=torch.neg, abs=torch.abs, exp=torch.exp, square=torch.square, tanh=torch.tanh,
                      sigmoid=torch.sigmoid, relu=F.relu, silu=F.silu).items():
        c.add(op, f, {'x': x})
    for op, f in dict(log=torch.log, sqrt=torch.sqrt, rsqrt=torch.rsqrt).items():
        c.add(op, f, {'x': x.abs()})
    for approximate in ('none', 'tanh'):
        c.add('gelu', F.gelu, {'x': x}, approximate=approximate)
    for op, f in dict(abs=torch.abs, relu=F.relu, silu=F.silu, gelu=F.gelu).items():
        c.add(op, f, {'x': torch.zeros(1).double()})  # the kink
    a, b = draw(2, 1, 3), draw(4, 3)
    for op, f in dict(add=torch.add, sub=torch.sub, mul=torch.mul, div=torch.div,
                      maximum=torch.maximum, minimum=torch.minimum).items():
        c.add(op, f, {'x': a, 'y': b})
    ties = torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([1.0, 3.0, 2.0]).double()
    c.add('maximum', torch.maximum, {'x': ties[0], 'y': ties[1]})
    c.add('minimum', torch.minimum, {'x': ties[0], 'y': ties[1]})
    base = torch.tensor([-2.0, -0.5, 0.0, 0.5, 3.0]).double()
    for exponent in (0.0, 1.0, 2.0, 3.0):
        power = {'x': base, 'y': torch.full((), exponent).double()}
        c.add('pow', lambda x, y: x.pow(y.detach()), power)  # y's gradient is NaN where x < 0
    c.add('pow', torch.pow, {'x': a.abs(), 'y': b})
    c.add('where', torch.where, {'condition': b > 0, 'x': a, 'y': b})
    for op in ('eq', 'ne', 'lt', 'le', 'gt', 'ge'):
        c.add(op, getattr(torch, op), {'x': ties[0], 'y': ties[1]})


def reductions(c):
    x = draw(2, 3, 4)
    for attrs in (dict(axis=1), dict(axis=[0, -1], keepDims=True)):
        for op, f in dict(sum=torch.sum, mean=torch.mean, max=torch.amax, min=torch.amin, logsumexp=torch.logsumexp).items():
            c.add(op, f, {'x': x}, **attrs)
    for op, f in dict(sum=torch.sum, mean=torch.mean, max=torch.amax, min=torch.amin).items():
        c.add(op, f, {'x': x})
    tied = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]).double()
    c.add('max', torch.amax, {'x': tied}, axis=1)
    c.add('min', torch.amin, {'x': tied}, axis=1)
    for op in ('argmax', 'argmin'):
        c.add(op, getattr(torch, op), {'x': x}, axis=1)
        c.add(op, getattr(torch, op), {'x': torch.zeros(2, 3).double()}, axis=1)  # the first of equals
    for correction in (1, 0):
        c.add('variance', torch.var, {'x': x}, axis=[0, 2], correction=correction)
        c.add('std', torch.std, {'x': x}, axis=1, correction=correction, keepDims=True)
    c.add('variance', torch.var, {'x': x})
    far = torch.tensor([[1e4, 1e4 - 1], [-1e4, 3.0]]).double()
    c.add('logsumexp', lambda x, dim: x.detach().logsumexp(dim), {'x': far}, axis=1)  # exp(x - y) has y's rounding: no gradient


def products(c):
    c.add('matmul', torch.matmul, {'x': draw(5, 7), 'y': draw(7, 6)})
    c.add('matmul', torch.matmul, {'x': draw(2, 1, 3, 4), 'y': draw(5, 4, 2)})
    c.add('matmul', torch.matmul, {'x': draw(4), 'y': draw(3, 4, 2)})
    c.add('linear', F.linear, {'x': draw(2, 3, 5), 'weight': draw(4, 5), 'bias': draw(4)})
    c.add('linear', F.linear, {'x': draw(6, 5), 'weight': draw(4, 5), 'bias': None})


def convolutions(c):
    mixes = [dict(), dict(stride=2, padding=1), dict(stride=[2, 1], padding=[0, 2], dilation=[1, 2]), dict(padding=2, dilation=2),
             dict(groups=2, padding=1), dict(groups=4, stride=2, padding=1), dict(groups=2, stride=3, dilation=2, padding=3)]
    for attrs in mixes:
        inputs = {'x': draw(2, 4, 7, 8), 'weight': draw(8, 4 // attrs.get('groups', 1), 3, 3), 'bias': draw(8)}
        c.add('conv2d', F.conv2d, inputs, **attrs)
    c.add('conv2d', F.conv2d, {'x': draw(2, 6, 5, 5), 'weight': draw(4, 6, 1, 1), 'bias': None})
    c.add('conv2d', F.conv2d, {'x': draw(1, 3, 8, 8), 'weight': draw(5, 3, 4, 2), 'bias': None}, stride=[4, 2])


def pools(c):
    x = draw(2, 3, 7, 8)
    for attrs in (dict(kernelSize=2), dict(kernelSize=3, stride=2, padding=1), dict(kernelSize=[3, 2], stride=[1, 2], dilation=[2, 1])):
        c.add('maxPool2d', F.max_pool2d, {'x': x}, **attrs)
    c.add('maxPool2d', F.max_pool2d, {'x': torch.ones(1, 1, 4, 4).double()}, kernelSize=2)  # ties: the first takes it all
    for attrs in (dict(kernelSize=2), dict(kernelSize=3, stride=2, padding=1), dict(kernelSize=3, stride=2, padding=1, countIncludePad=False),
                  dict(kernelSize=[3, 2], stride=[1, 2])):
        c.add('avgPool2d', F.avg_pool2d, {'x': x}, **attrs)
    for size in (1, [3, 5], [7, 8]):
        c.add('adaptiveAvgPool2d', F.adaptive_avg_pool2d, {'x': x}, outputSize=size)


def norms(c):
    def layer_norm(x, weight=None, bias=None, eps=1e-5):
        return F.layer_norm(x, x.shape[-1:], weight, bias, eps)
    x = draw(3, 4, 10)
    c.add('layerNorm', layer_norm, {'x': x, 'weight': draw(10), 'bias': draw(10)})
    c.add('layerNorm', layer_norm, {'x': x * 100 + 50, 'weight': None, 'bias': None}, eps=1e-3)
    for axis in (-1, 1):
        c.add('softmax', F.softmax, {'x': x * 3}, axis=axis)
        c.add('logSoftmax', F.log_softmax, {'x': x * 3}, axis=axis)
    far = torch.tensor([[1e4, -1e4, 0.0], [-float('inf'), 0.0, 1.0]]).double()
    c.add('softmax', F.softmax, {'x': far}, axis=-1)


def losses(c):
    logits, target = draw(6, 5) * 2, torch.tensor([0, 4, 2, 2, 1, 3]).int()
    ignored = torch.tensor([0, -100, 2, -100, 1, 3]).int()

    def cross_entropy(x, target, **attrs):
        return F.cross_entropy(x, target.long(), **attrs)
    for reduction in ('mean', 'sum', 'none'):
        for smoothing in (0.0, 0.1):
            c.add('crossEntropy', cross_entropy, {'x': logits, 'target': ignored}, reduction=reduction, labelSmoothing=smoothing)
    c.add('crossEntropy', cross_entropy, {'x': logits, 'target': target})
    c.add('crossEntropy', cross_entropy, {'x': logits, 'target': target}, ignoreIndex=2, labelSmoothing=0.3)
    c.add('crossEntropy', cross_entropy, {'x': logits * 1000, 'target': target})
    c.add('crossEntropy', cross_entropy, {'x': draw(2, 5, 3, 2), 'target': torch.randint(0, 5, (2, 3, 2)).int()}, labelSmoothing=0.1)
    for reduction in ('mean', 'sum', 'none'):
        c.add('mse', F.mse_loss, {'x': draw(3, 4), 'target': draw(3, 4)}, reduction=reduction)


def gathers(c):
    index = torch.randint(0, 4, (2, 3, 5)).int()
    c.add('gather', lambda x, axis, i: x.gather(axis, i.long()), {'x': draw(2, 4, 5), 'axis': 1, 'index': index})
    c.add('embedding', lambda w, i: F.embedding(i.long(), w), {'weight': draw(7, 3), 'index': torch.tensor([[1, 1, 6], [0, 1, 3]]).int()})
    c.add('oneHot', lambda i, classes: F.one_hot(i.long(), classes).double(), {'index': torch.tensor([0, 3, 2]).int()}, classes=4)


def make():
    cases = Ops()
    for family in (elementwise, reductions, products, convolutions, pools, norms, losses, gathers):
        family(cases)
    cases.save('ops')
