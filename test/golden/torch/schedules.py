"""Learning rates, and momentum where a schedule moves it, before each step."""
import torch
from torch.optim import SGD, AdamW
from torch.optim import lr_scheduler as lr

from fixture import save

METRICS = [3.0, 2.5, 2.6, 2.4999, 2.55, 2.55, 2.7, 1.0, 1.0, 1.0, 1.0, 0.9, 1.1, 1.1, 1.1, 1.1]
CASES = [
    ('StepLR', 'SGD', 12, dict(step_size=4)),
    ('StepLR', 'SGD', 9, dict(step_size=1, gamma=0.7)),
    ('MultiStepLR', 'SGD', 12, dict(milestones=[3, 7, 7, 9], gamma=0.5)),
    ('LinearLR', 'SGD', 9, dict()),
    ('LinearLR', 'AdamW', 6, dict(start_factor=0.1, end_factor=0.6, total_iters=4)),
    ('OneCycleLR', 'SGD', 20, dict(max_lr=0.5, total_steps=20)),
    ('OneCycleLR', 'AdamW', 17, dict(max_lr=0.02, total_steps=17, pct_start=0.4, anneal_strategy='linear', base_momentum=0.7,
                                     max_momentum=0.9, div_factor=10, final_div_factor=100)),
    ('OneCycleLR', 'SGD', 21, dict(max_lr=0.1, total_steps=21, three_phase=True, cycle_momentum=False)),
    ('OneCycleLR', 'AdamW', 12, dict(max_lr=0.1, total_steps=12, three_phase=True, pct_start=0.25)),
    ('ReduceLROnPlateau', 'SGD', 16, dict(patience=1)),
    ('ReduceLROnPlateau', 'SGD', 16, dict(patience=0, factor=0.5, cooldown=2, min_lr=0.02, threshold=0.1)),
    ('ReduceLROnPlateau', 'SGD', 16, dict(patience=1, mode='max', threshold_mode='abs', threshold=0.05)),
]


def optimizer_of(name):
    parameters = [torch.zeros(1, requires_grad=True)]
    return SGD(parameters, lr=0.1, momentum=0.9) if name == 'SGD' else AdamW(parameters, lr=0.1)


def follow(optimizer, schedule, steps):
    rates, momentums = [], []
    for i in range(steps):
        group = optimizer.param_groups[0]
        rates.append(group['lr'])
        momentums.append(group['betas'][0] if 'betas' in group else group['momentum'])
        optimizer.step()
        if i + 1 < steps:
            schedule.step(*([METRICS[i]] if isinstance(schedule, lr.ReduceLROnPlateau) else []))
    return {'rates': rates, 'momentums': momentums}


def camel(key):
    head, *rest = {'total_iters': 'total_steps'}.get(key, key).split('_')
    return head + ''.join(part.title() for part in rest)


def make():
    cases = []
    for name, kind, steps, options in CASES:
        optimizer = optimizer_of(kind)
        schedule = getattr(lr, name)(optimizer, **options)
        cases.append({'schedule': name, 'optimizer': kind, 'options': {camel(k): v for k, v in options.items()},
                      **follow(optimizer, schedule, steps)})
    optimizer = optimizer_of('SGD')
    parts = [lr.LinearLR(optimizer, start_factor=0.25, total_iters=4), lr.StepLR(optimizer, step_size=3, gamma=0.5),
             lr.MultiStepLR(optimizer, milestones=[2], gamma=0.1)]
    sequence = follow(optimizer, lr.SequentialLR(optimizer, parts, milestones=[4, 12]), 18)
    save('schedules', {}, cases=cases, sequence=sequence, metrics=METRICS)
