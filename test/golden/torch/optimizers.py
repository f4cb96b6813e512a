"""Parameters after each of several steps, clipped gradients, and learning rates of schedules."""
import torch
from torch.optim import SGD
from torch.optim.swa_utils import AveragedModel
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from fixture import draw, exact, save

STEPS = 6
SHAPES = [(3, 4), (5,)]
RUNS = [
    ('SGD', dict(lr=0.1)),
    ('SGD', dict(lr=0.1, momentum=0.9)),
    ('SGD', dict(lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1)),
    ('SGD', dict(lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.01)),
    ('SGD', dict(lr=0.05, weight_decay=0.2)),
    ('AdamW', dict()),
    ('AdamW', dict(lr=0.01, weight_decay=0.1)),
    ('AdamW', dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.0)),
]


def camel(key):
    head, *rest = key.split('_')
    return head + ''.join(part.title() for part in rest)


def trajectories(tensors, runs=RUNS):
    starts, grads = [draw(*s) for s in SHAPES], [[draw(*s) for s in SHAPES] for _ in range(STEPS)]
    tensors.update({f'start.{i}': t for i, t in enumerate(starts)})
    tensors.update({f'grad.{n}.{i}': t for n, step in enumerate(grads) for i, t in enumerate(step)})
    for run, (name, options) in enumerate(runs):
        parameters = [t.clone().requires_grad_() for t in starts]
        optimizer = getattr(torch.optim, name)(parameters, **options)
        for n, step in enumerate(grads):
            for parameter, gradient in zip(parameters, step):
                parameter.grad = gradient.clone()
            optimizer.step()
            tensors.update({f'run.{run}.{n}.{i}': p.detach().clone() for i, p in enumerate(parameters)})
    return [{'optimizer': name, 'options': {camel(k): v for k, v in options.items()}} for name, options in runs]


def averages(tensors):
    """The mean of all, and an exponential one, of the weights after each step of the first run."""
    weights = [[tensors[f'run.0.{n}.{i}'] for i in range(len(SHAPES))] for n in range(STEPS)]
    for i in range(len(SHAPES)):
        model = torch.nn.ParameterList([torch.nn.Parameter(tensors[f'start.{i}'].clone())])
        mean = AveragedModel(model)
        exponential = AveragedModel(model, avg_fn=lambda average, own, n: 0.9 * average + 0.1 * own)
        for step in weights:
            with torch.no_grad():
                model[0].copy_(step[i])
            mean.update_parameters(model)
            exponential.update_parameters(model)
        tensors[f'mean.{i}'], tensors[f'exponential.{i}'] = mean.module[0].detach(), exponential.module[0].detach()


def clipping(tensors):
    cases = []
    for at, (max_norm, scale) in enumerate([(1.0, 1.0), (1000.0, 1.0), (0.5, 0.01)]):
        parameters = [torch.zeros(*s).double().requires_grad_() for s in SHAPES]
        for i, parameter in enumerate(parameters):
            parameter.grad = exact(draw(*parameter.shape) * scale)
            tensors[f'clip.{at}.in.{i}'] = parameter.grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        tensors.update({f'clip.{at}.out.{i}': p.grad for i, p in enumerate(parameters)})
        cases.append({'maxNorm': max_norm, 'norm': norm.item()})
    return cases


def schedules():
    """Learning rates of a linear warm-up followed by a cosine."""
    cases = []
    for lr, minimum, warmup, total in [(0.1, 0.0, 0, 8), (0.1, 0.001, 4, 12), (1e-3, 1e-5, 1, 5)]:
        optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        cosine = CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=minimum)
        if warmup:
            optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=lr)
            linear = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
            cosine = CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=minimum)
            cosine = SequentialLR(optimizer, [linear, cosine], milestones=[warmup])
        rates = []
        for _ in range(total):
            rates.append(optimizer.param_groups[0]['lr'])
            optimizer.step()
            cosine.step()
        cases.append({'lr': lr, 'minimum': minimum, 'warmup': warmup, 'total': total, 'rates': rates})
    return cases


def make():
    tensors = {}
    save('optimizers', tensors, steps=STEPS, runs=trajectories(tensors), clips=clipping(tensors), schedules=schedules())
