"""Makes the fixtures beside this file from PyTorch 1.13 (Debian: python3-torch, python3-torchvision): python3 test/golden/torch/make.py

Each file is safetensors; what is no tensor is JSON in its metadata. Results are computed in float64 from inputs that
float32 holds exactly. The same PyTorch gives the same bytes.
"""
import torch

import adaptive
import curves
import functions
import layers
import models
import multihead
import nat
import ops
import optimizers
import order
import schedules
import transforms
import windows

for module in (ops, layers, optimizers, models, curves, nat, order, schedules, multihead, adaptive, functions, windows,
               transforms):
    torch.manual_seed(20)
    module.make()
