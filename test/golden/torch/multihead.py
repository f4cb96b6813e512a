"""Multi-head attention: outputs, weights and gradients with every kind of mask."""
import torch
from torch.nn import MultiheadAttention

from fixture import Cases, draw, exact


def padding(batch, keys):
    """The last key of each sample but the first, and the last two of the last, are not attended to."""
    return torch.arange(keys).repeat(batch, 1) >= keys - torch.arange(batch)[:, None]


class Calls(Cases):
    def add(self, args, inputs, average=True, causal=False, masks=None, **options):
        module = MultiheadAttention(*args, **{'batch_first': True, **options}).double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(draw(*parameter.shape) * 0.5)
        leaves = {k: exact(x).requires_grad_() for k, x in zip(('query', 'key', 'value'), inputs)}
        given = list(leaves.values())
        given += given[-1:] * (3 - len(given))
        masks = masks or {}
        pairs = (given[0].shape[-2], given[1].shape[-2])
        hidden = {'attn_mask': torch.ones(pairs).triu(1).bool()} if causal else {}
        output, weights = module(*given, average_attn_weights=average, **masks, **hidden)
        self.put('state', module.state_dict())
        self.put('in', leaves)
        self.put('masks', {{'attn_mask': 'attnMask', 'key_padding_mask': 'keyPaddingMask'}[k]: v for k, v in masks.items()})
        cotangents = {'output': draw(*output.shape), 'weights': draw(*weights.shape)}
        output.backward(cotangents['output'])
        self.put('out', {'output': output, 'weights': weights, 'cotangent': cotangents['output']})
        self.put('grad', {k: x.grad for k, x in leaves.items()})
        self.put('grads', {k: p.grad for k, p in module.named_parameters()})
        words = {'batch_first': 'batchFirst'}
        self.end(args=args, options={words.get(k, k): v for k, v in options.items()}, average=average, isCausal=causal)


def make():
    c = Calls()
    x, memory = draw(3, 5, 8), draw(3, 6, 8)
    c.add([8, 2], [x])
    c.add([8, 4], [x], causal=True)
    c.add([8, 2], [x, memory])
    c.add([8, 2], [x, memory, draw(3, 6, 8)], bias=False)
    c.add([8, 2], [x, draw(3, 6, 4), draw(3, 6, 7)], kdim=4, vdim=7)
    c.add([8, 2], [draw(5, 3, 8), draw(6, 3, 8)], batch_first=False)
    c.add([8, 2], [x, memory], masks={'key_padding_mask': padding(3, 6)}, average=False)
    c.add([8, 2], [x, memory], masks={'attn_mask': draw(5, 6)})
    c.add([8, 2], [x, memory], masks={'attn_mask': exact(draw(6, 5, 6)), 'key_padding_mask': padding(3, 6)})
    c.add([8, 2], [x, memory], masks={'key_padding_mask': padding(3, 6).double() * -3})
    c.add([8, 2], [x], masks={'attn_mask': torch.ones(5, 5).triu(1).bool(), 'key_padding_mask': padding(3, 5)})
    c.add([8, 2], [draw(5, 8)], causal=True)
    c.add([8, 2], [draw(5, 8)], batch_first=False)
    one = {'key_padding_mask': padding(3, 6)[2], 'attn_mask': exact(draw(2, 5, 6))}
    c.add([8, 2], [draw(5, 8), draw(6, 8)], masks=one, average=False)
    c.save('multihead')
