"""Outputs and gradients of reductions, orders, layouts and selections: as ops.py, with lists of tensors, strings and several outputs."""
import torch

from fixture import Cases, draw, exact, in_torch


class Calls(Cases):
    def add(self, op, function, *args, part=0, **attrs):
        """`args` in our order: tensors, lists of them, or what is passed as it is. Output `part` of several is compared."""
        leaves = {}

        def leaf(arg):
            if isinstance(arg, (list, tuple)):
                return [leaf(item) for item in arg]
            if not torch.is_tensor(arg):
                return arg
            name = f'x{len(leaves)}'
            leaves[name] = exact(arg).requires_grad_(arg.is_floating_point())
            return name
        named = [leaf(arg) for arg in args]

        def given(arg):
            return [given(item) for item in arg] if isinstance(arg, list) else leaves.get(arg, arg) if isinstance(arg, str) else arg
        output = function(*map(given, named), **in_torch(attrs))
        output = output[part] if isinstance(output, (list, tuple)) else output
        self.put('in', leaves)
        self.put('out', {'output': output})
        if output.requires_grad:
            weight = draw(*output.shape)
            output.backward(weight)
            self.put('out', {'weight': weight})
            self.put('grad', {k: v.grad for k, v in leaves.items() if v.grad is not None})
        self.end(op=op, args=named, attrs=attrs, part=part)


def reductions(c):
    x, zeros = draw(2, 3, 4), torch.tensor([[0.0, 2, 3], [0, 0, 4], [1, 5, 2]]).double()
    for dim in (0, -1):
        c.add('prod', torch.prod, x, axis=dim, keepDims=True)
        c.add('prod', torch.prod, zeros, axis=dim)
    c.add('prod', torch.prod, zeros)
    c.add('prod', lambda x: x.prod(dtype=torch.int32), torch.tensor([70000, 70000, 3]).int())
    holes = torch.tensor([[0.0, float('nan')], [0.0, -0.0], [1.0, 2.0]]).double()
    for op, f in dict(any=torch.any, all=torch.all).items():
        for attrs in (dict(), dict(axis=0), dict(axis=1, keepDims=True)):
            c.add(op, f, holes.detach(), **attrs)
    for p in (2, 1, 3, 0.5, 0, -1):
        for attrs in (dict(), dict(axis=1), dict(axis=[0, 2], keepDims=True)):
            c.add('norm', lambda x, p, dim=None, keepdim=False: torch.linalg.vector_norm(x, p, dim, keepdim), x, p=p, **attrs)
    c.add('norm', lambda x: x.norm(), torch.zeros(3).double())


def orders(c):
    x = draw(2, 5, 3)
    tied = torch.tensor([2.0, float('nan'), -0.0, 0, -float('inf'), float('nan'), float('inf'), 2, 0]).double()
    for descending in (False, True):
        for part in (0, 1):
            def sort(x, dim, descending):
                return torch.sort(x, dim=dim, descending=descending, stable=True)
            c.add('sort', sort, x, part=part, axis=1, descending=descending)
            c.add('sort', sort, tied, part=part, axis=0, descending=descending)
            c.add('sort', sort, torch.tensor([3, 1, 3, -2, 1]).int(), part=part, axis=0, descending=descending)
            c.add('topk', torch.topk, x, part=part, k=2, axis=1, largest=not descending)
    for dim in (0, 1, -1):
        c.add('cumsum', torch.cumsum, x, axis=dim)
    c.add('cumsum', lambda x, dim: x.cumsum(dim, dtype=torch.int32), torch.tensor([2**31 - 1, 1, 5]).int(), axis=0)


def layouts(c):
    x, y = draw(2, 3), draw(2, 3)
    for axis in (0, 1, -1):
        c.add('stack', torch.stack, [x, y], axis=axis)
    for part in (0, 3):
        c.add('chunk', torch.chunk, draw(3, 10), 4, part=part, axis=1)
    c.add('tile', torch.tile, x, [2])
    c.add('tile', torch.tile, x, [2, 1, 3])
    c.add('repeat', lambda x, counts: x.repeat(*counts), x, [3, 1, 2])
    c.add('roll', torch.roll, x, 4)
    c.add('roll', torch.roll, x, [1, -4], [0, 1])
    for op, f in dict(tril=torch.tril, triu=torch.triu).items():
        for diagonal in (-1, 0, 2):
            c.add(op, f, draw(2, 3, 4), diagonal=diagonal)
    for indexing in ('ij', 'xy'):
        for part in (0, 2):
            c.add('meshgrid', lambda tensors, indexing: torch.meshgrid(*tensors, indexing=indexing),
                  [draw(2), draw(3), draw(4)], part=part, indexing=indexing)
    z = draw(4, 5, 6)
    c.add('at', lambda x, *_: x[1, -2], z, 1, -2)
    c.add('at', lambda x, *_: x[..., 1:-1:2], z, '...', [1, -1, 2])
    c.add('at', lambda x, *_: x[2:, 0, :3], z, [2], 0, [0, 3])
    c.add('at', lambda x, *_: x[-9:9, 4:1], z, [-9, 9], [4, 1])


def selections(c):
    x, index = draw(3, 4), torch.tensor([2, 0, 2]).int()
    for axis in (0, -1):
        c.add('indexSelect', lambda x, dim, i: x.index_select(dim, i.long()), x, axis, index)
    c.add('maskedFill', lambda x, mask, value: x.masked_fill(mask, value), x, torch.tensor([True, False, True, False]), -2)
    c.add('maskedFill', lambda x, mask, value: x.masked_fill(mask, value.detach()), x, torch.tensor([[True], [False], [True]]),
          torch.tensor(3).int())


def einsums(c):
    for equation, *shapes in (
        ('ij,jk->ik', (2, 3), (3, 4)), ('bhqd,bhkd->bhqk', (2, 2, 3, 4), (2, 2, 5, 4)), ('...d,ed', (2, 3, 4), (5, 4)),
        ('i,j->ji', (2,), (3,)), ('ii', (3, 3)), ('iji->j', (3, 2, 3)), ('ij,kj,k->i', (2, 3), (4, 3), (4,)), ('ba', (2, 3)),
        ('ij,ij->ij', (2, 3), (2, 3)), ('ij,ij', (2, 3), (2, 3)), ('...ij,...jk->...ik', (1, 2, 3), (4, 3, 2)), ('ij->', (2, 3)),
        ('aBc,Bd->dca', (2, 3, 4), (3, 2)),
    ):
        c.add('einsum', torch.einsum, equation, *(draw(*shape) for shape in shapes))


def make():
    cases = Calls()
    for family in (reductions, orders, layouts, selections, einsums):
        family(cases)
    cases.save('order')
