"""Parameters after each of several steps of the other optimizers, averages of them, and gradients clipped by value."""
import torch

from fixture import draw, save
from optimizers import SHAPES, STEPS, averages, trajectories

RUNS = [
    ('Adam', dict()),
    ('Adam', dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3)),
    ('RMSprop', dict()),
    ('RMSprop', dict(lr=0.02, alpha=0.8, momentum=0.9, weight_decay=0.1)),
    ('RMSprop', dict(lr=0.02, alpha=0.9, centered=True, eps=1e-3)),
    ('RMSprop', dict(lr=0.02, alpha=0.9, centered=True, momentum=0.5, eps=1e-3)),
    ('Adagrad', dict()),
    ('Adagrad', dict(lr=0.1, lr_decay=0.2, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-3)),
]


def clipping(tensors):
    cases = []
    for at, value in enumerate([0.0, 0.5, 100.0]):
        parameter = torch.zeros(4, 5).double().requires_grad_()
        parameter.grad = draw(4, 5)
        tensors[f'clip.{at}.in'] = parameter.grad.clone()
        torch.nn.utils.clip_grad_value_([parameter], value)
        tensors[f'clip.{at}.out'] = parameter.grad
        cases.append(value)
    return cases


def make():
    tensors = {}
    runs = trajectories(tensors, RUNS)
    averages(tensors)
    save('adaptive', tensors, steps=STEPS, runs=runs, clips=clipping(tensors))
