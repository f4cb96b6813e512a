"""Two models as PyTorch saves them, with the logits they give; and statistics of fresh parameters."""
import torch
from torch import nn

from fixture import draw, save


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 16), nn.GELU(), nn.LayerNorm(16))
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.body(x))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(8)
        self.blocks = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False) for _ in range(2)])
        self.max_pool = nn.MaxPool2d(2)
        self.fc_head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.max_pool(torch.relu(self.norm1(self.conv1(x))))
        for block in self.blocks:
            x = x + nn.functional.silu(block(x))
        return self.fc_head(x.mean((2, 3)))


def saved_models():
    for name, model, shape in [('mlp', Mlp(), (6, 12)), ('cnn', Cnn(), (4, 3, 10, 8))]:
        for _ in range(3):
            model(draw(*shape).float() * 2 + 1)  # moves the running statistics off 0 and 1
        model.eval()
        x = draw(*shape).float()
        save(name, {**model.state_dict(), 'x': x, 'logits': model(x)})


def statistics(x):
    """Spread and every twentieth: enough to tell distributions apart, ends included."""
    x = x.detach().double().flatten()
    return {'count': x.numel(), 'std': x.std().item(), 'twentieths': x.quantile(torch.linspace(0, 1, 21).double()).tolist()}


def initial_distributions():
    fresh = {
        'Linear': nn.Linear(400, 300), 'Conv2d': nn.Conv2d(32, 64, 5), 'Conv2d grouped': nn.Conv2d(32, 64, 5, groups=4),
        'Embedding': nn.Embedding(500, 80), 'LayerNorm': nn.LayerNorm(50), 'BatchNorm2d': nn.BatchNorm2d(50),
    }
    result = {f'{layer}.{name}': statistics(p) for layer, module in fresh.items() for name, p in module.named_parameters()}
    matrix, kernel = (lambda: torch.empty(300, 400)), (lambda: torch.empty(64, 32, 5, 5))
    draws = {
        'truncNormal': nn.init.trunc_normal_(matrix()), 'truncNormal 0.02': nn.init.trunc_normal_(matrix(), std=0.02),
        'truncNormal near': nn.init.trunc_normal_(matrix(), mean=1, std=1, a=0, b=1.5),
        'xavierUniform': nn.init.xavier_uniform_(matrix()), 'xavierNormal': nn.init.xavier_normal_(kernel()),
        'kaimingUniform': nn.init.kaiming_uniform_(kernel()), 'kaimingNormal': nn.init.kaiming_normal_(matrix()),
        'kaimingNormal fanOut': nn.init.kaiming_normal_(kernel(), mode='fan_out', nonlinearity='relu'),
    }
    return {**result, **{name: statistics(x) for name, x in draws.items()}}


def dtypes():
    """One tensor of each element type that state dicts hold."""
    x = torch.tensor([0.0, -1.5, 65504.0, 1e-7, 3.140625])
    kinds = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool]
    save('dtypes', {str(k).split('.')[1]: x.clamp(0, 255).to(k) if k in (torch.uint8,) else x.to(k) for k in kinds})


def make():
    saved_models()
    dtypes()
    save('distributions', {}, statistics=initial_distributions())
