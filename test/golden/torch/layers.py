"""Layers as users build them: state dict before, outputs, gradients, state dict after."""
import torch
from torch import nn

from fixture import Cases, draw, exact


class Layers(Cases):
    def add(self, layer, args, module, *inputs, evaluate=None, **options):
        """One training-mode pass for each input, then, if wanted, one in evaluation mode."""
        module.double()
        with torch.no_grad():  # no ones and zeros, which hide a missing factor
            for parameter in module.parameters():
                parameter.copy_(draw(*parameter.shape) * 0.5)
        self.put('before', module.state_dict())
        for i, x in enumerate(inputs):
            module.zero_grad()
            x = exact(x).requires_grad_(x.is_floating_point())
            output = module(x)
            weight = draw(*output.shape)
            output.backward(weight)
            self.put(i, {'x': x, 'output': output, 'weight': weight, **({'grad': x.grad} if x.requires_grad else {})})
            self.put(f'{i}.grads', {k: p.grad for k, p in module.named_parameters()})
        self.put('after', module.state_dict())
        if evaluate is not None:
            self.put('eval', {'x': exact(evaluate), 'output': module.eval()(exact(evaluate))})
        self.end(layer=layer, args=args, options=options, passes=len(inputs))


def make():
    c = Layers()
    x = draw(2, 4, 5, 6)
    c.add('Linear', [5, 3], nn.Linear(5, 3), draw(4, 5))
    c.add('Linear', [5, 3], nn.Linear(5, 3, bias=False), draw(2, 2, 5), bias=False)
    c.add('Conv2d', [4, 6, 3], nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), x, stride=2, padding=1, groups=2)
    c.add('Conv2d', [4, 2, [3, 2]], nn.Conv2d(4, 2, (3, 2), dilation=(2, 1), bias=False), x, dilation=[2, 1], bias=False)
    c.add('LayerNorm', [6], nn.LayerNorm(6), x)
    c.add('LayerNorm', [[5, 6]], nn.LayerNorm((5, 6), eps=1e-3), x, eps=1e-3)
    shifted = x * 3 + 2
    c.add('BatchNorm2d', [4], nn.BatchNorm2d(4), x, shifted, evaluate=x)
    c.add('BatchNorm2d', [4], nn.BatchNorm2d(4, eps=1e-3, momentum=0.3), x, shifted, evaluate=x, eps=1e-3, momentum=0.3)
    c.add('Embedding', [7, 3], nn.Embedding(7, 3), torch.tensor([[1, 1, 6], [0, 1, 3]]).int())
    for mode in ('reflect', 'replicate', 'circular'):
        options = dict(padding=[2, 1], paddingMode=mode)
        c.add('Conv2d', [4, 3, 3], nn.Conv2d(4, 3, 3, padding=(2, 1), padding_mode=mode), x, **options)
    c.add('Conv1d', [2, 3, 4], nn.Conv1d(2, 3, 4, stride=2, padding=3, padding_mode='reflect'), draw(2, 7), stride=2, padding=3, paddingMode='reflect')
    circular = dict(padding=[1, 0, 2], dilation=2, groups=2, paddingMode='circular')
    c.add('Conv3d', [2, 4, 2], nn.Conv3d(2, 4, 2, padding=(1, 0, 2), dilation=2, groups=2, padding_mode='circular'), draw(1, 2, 3, 4, 4), **circular)
    c.add('Conv2d', [4, 6, 3], nn.Conv2d(4, 6, 3, padding=1), x[0], padding=1)
    c.add('ConvTranspose2d', [4, 2, 3], nn.ConvTranspose2d(4, 2, 3, stride=2), x[0], stride=2)
    c.add('MaxPool2d', [2], nn.MaxPool2d(2), x[0])
    c.add('AvgPool2d', [2], nn.AvgPool2d(2, divisor_override=3), x[0], divisorOverride=3)
    c.add('AvgPool3d', [2], nn.AvgPool3d(2, divisor_override=5), x, divisorOverride=5)
    c.add('AdaptiveMaxPool1d', [3], nn.AdaptiveMaxPool1d(3), x[0, 0])
    c.save('layers')
