"""Outputs and gradients of elementwise functions, activations and losses."""
import torch
import torch.nn.functional as F

from fixture import draw
from order import Calls


def elementwise(c):
    x = torch.tensor([-20.0, -3.5, -1.0, -0.25, -1e-6, 0.25, 0.5, 1.0, 2.75, 6.0, 20.0]).double()
    for op in ('expm1', 'sin', 'cos', 'erf', 'reciprocal', 'floor', 'ceil', 'trunc', 'round'):
        c.add(op, getattr(torch, op), x)
    c.add('log1p', torch.log1p, x[3:])
    c.add('round', torch.round, torch.tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]).double())
    corners = torch.tensor([-7.0, -3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 30.0]).double()
    for values in (x, corners):
        c.add('mish', F.mish, values)
        c.add('hardswish', F.hardswish, values)
        for attrs in (dict(), dict(negativeSlope=0.3)):
            c.add('leakyRelu', F.leaky_relu, values, **attrs)
        for attrs in (dict(), dict(alpha=0.7)):
            c.add('elu', F.elu, values, **attrs)
        for attrs in (dict(), dict(beta=2.5, threshold=5)):
            c.add('softplus', F.softplus, values, **attrs)
        for attrs in (dict(min=-1, max=2), dict(min=0), dict(max=2.5)):
            c.add('clamp', torch.clamp, values, **attrs)
    a, b = draw(2, 1, 3) * 5, draw(4, 3)
    c.add('mod', torch.remainder, a, b)
    c.add('mod', torch.remainder, torch.tensor([-7, 7, -7, 7]).int(), torch.tensor([3, -3, -3, 3]).int())
    c.add('atan2', torch.atan2, a, b)
    c.add('clamp', torch.clamp, torch.tensor([-7, 3, 9]).int(), min=0, max=5)
    holes = torch.tensor([0.0, float('nan'), 2.0, -0.0]).double(), torch.tensor([[1], [0]]).int()
    for op, f in dict(And=torch.logical_and, Or=torch.logical_or, Xor=torch.logical_xor).items():
        c.add('logical' + op, f, *holes)
    odd = torch.tensor([0.0, float('nan'), float('inf'), -float('inf')]).double()
    for op, f in dict(logicalNot=torch.logical_not, isNaN=torch.isnan, isFinite=torch.isfinite).items():
        c.add(op, f, odd)


def losses(c):
    x, y, p = draw(3, 4) * 2, draw(3, 4) * 2, torch.rand(3, 4).double()
    certain = torch.tensor([0.0, 1.0, 0.5]).double(), torch.tensor([0.0, 1.0, 1.0]).double()
    logs = torch.log_softmax(draw(6, 5), 1)
    target = torch.tensor([0, -100, 2, -100, 1, 3]).int()

    def nll(x, target, **attrs):
        return F.nll_loss(x, target.long(), **attrs)
    for reduction in ('mean', 'sum', 'none'):
        how = dict(reduction=reduction)
        c.add('l1', F.l1_loss, x, y, **how)
        for delta in (0.5, 1, 2):
            c.add('huber', F.huber_loss, x, y, delta=delta, **how)
        for beta in (0, 0.5, 1):
            c.add('smoothL1', F.smooth_l1_loss, x, y, beta=beta, **how)
        c.add('bce', F.binary_cross_entropy, torch.sigmoid(x), p, **how)
        c.add('bceWithLogits', F.binary_cross_entropy_with_logits, x * 20, p, **how)
        c.add('nllLoss', nll, logs, target, **how)
        c.add('nllLoss', nll, draw(2, 5, 3), torch.randint(0, 5, (2, 3)).int(), ignoreIndex=2, **how)
        for distance in (0, 0.4):
            c.add('cosineEmbeddingLoss', F.cosine_embedding_loss, x, y, torch.tensor([1, -1, -1]).int(), margin=distance, **how)
    c.add('bce', F.binary_cross_entropy, certain[0], certain[1].detach().int().double(), reduction='none')
    c.add('nllLoss', nll, logs[0], torch.tensor(3).int())
    for reduction in ('mean', 'sum', 'none', 'batchmean'):
        c.add('klDiv', F.kl_div, logs, torch.softmax(draw(6, 5), 1), reduction=reduction)
        c.add('klDiv', F.kl_div, logs, torch.log_softmax(draw(6, 5), 1), reduction=reduction, logTarget=True)
    for attrs in (dict(), dict(axis=0), dict(axis=-1, eps=3.0)):
        c.add('cosineSimilarity', F.cosine_similarity, x, y, **attrs)
    c.add('cosineSimilarity', F.cosine_similarity, draw(2, 1, 4), draw(3, 4), axis=-1)


def shares(c):
    for reduction in ('mean', 'sum', 'none'):
        for smoothing in (0, 0.2):
            how = dict(reduction=reduction, labelSmoothing=smoothing)
            c.add('crossEntropy', F.cross_entropy, draw(3, 5), torch.softmax(draw(3, 5), 1), **how)
            c.add('crossEntropy', F.cross_entropy, draw(2, 4, 3), torch.softmax(draw(2, 4, 3), 1), **how)


def edges(c):
    """What NaN, the infinities and division by 0 become; no gradients, whose conventions differ there."""
    n, i = float('nan'), float('inf')
    odd = torch.tensor([0.0, -0.0, 1.0, i, -i, n]).double()
    for op, f in dict(relu=F.relu, silu=F.silu, gelu=F.gelu, elu=F.elu, leakyRelu=F.leaky_relu, hardswish=F.hardswish, mish=F.mish,
                      softplus=F.softplus, expm1=torch.expm1, log1p=torch.log1p, erf=torch.erf, sin=torch.sin, sign=torch.sign,
                      reciprocal=torch.reciprocal, rsqrt=torch.rsqrt, round=torch.round, trunc=torch.trunc).items():
        c.add(op, lambda x, f=f: f(x.detach()), odd)
    c.add('clamp', lambda x, **bounds: x.detach().clamp(**bounds), odd, min=0.5, max=2)
    c.add('clamp', lambda x, **bounds: x.detach().clamp(**bounds), odd, min=3, max=1)
    left, right = (x.flatten().double() for x in torch.meshgrid(torch.tensor([-2.5, -1, 0, 1, 3, i, n]), torch.tensor([-i, -1, 0, 0.5, 2, i, n]), indexing='ij'))
    for op, f in dict(pow=torch.pow, mod=torch.remainder, atan2=torch.atan2, div=torch.div, maximum=torch.maximum, minimum=torch.minimum,
                      lt=torch.lt, ge=torch.ge, eq=torch.eq, ne=torch.ne).items():
        c.add(op, lambda x, y, f=f: f(x.detach(), y.detach()), left, right)
    rows = torch.tensor([[1.0, n, 3], [i, -i, 2], [-i, -1, -i], [i, 1, 2], [2, 2, 1]]).double()
    for op, f in dict(sum=torch.sum, mean=torch.mean, prod=torch.prod, max=torch.amax, min=torch.amin, argmax=torch.argmax, argmin=torch.argmin,
                      logsumexp=torch.logsumexp, variance=torch.var, cumsum=torch.cumsum, softmax=torch.softmax).items():
        c.add(op, lambda x, dim, f=f: f(x.detach(), dim), rows, axis=1)
    none = torch.zeros(2, 0).double()
    for op, f in dict(sum=torch.sum, mean=torch.mean, prod=torch.prod, logsumexp=torch.logsumexp, variance=torch.var).items():
        c.add(op, lambda x, dim, f=f: f(x.detach(), dim), none, axis=1)
    c.add('variance', lambda x, dim: x.detach().var(dim), torch.ones(2, 1).double(), axis=1)


def make():
    cases = Calls()
    elementwise(cases)
    losses(cases)
    shares(cases)
    edges(cases)
    cases.save('functions')
