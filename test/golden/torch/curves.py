"""What small networks and an attention give on numbers that a formula makes, so that nothing but results is stored."""
import numpy as np
import torch
import torch.nn.functional as F

from fixture import save

BATCH, RATE, STEPS = 64, 0.05, 5


def lcg(seed, scale, *shape):
    """x -> 1664525 x + 1013904223 mod 2^32, each mapped to [-scale, scale): bench/numbers.ts in Python."""
    out, state = np.empty(int(np.prod(shape)), np.float32), seed
    for i in range(out.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = (state / 4294967296 - 0.5) * 2 * scale
    return torch.from_numpy(out).view(shape)


def train(parameters, forward):
    target = torch.tensor([i * 7 % 10 for i in range(BATCH)])
    parameters = [p.requires_grad_() for p in parameters]
    optimizer, losses = torch.optim.SGD(parameters, lr=RATE), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(*parameters), target)
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 5))
    return losses


def cnn():
    x = lcg(11, 1, BATCH, 1, 28, 28)

    def forward(w1, b1, w2, b2, w3, b3):
        h = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=1)), 2)
        h = F.max_pool2d(F.relu(F.conv2d(h, w2, b2, padding=1)), 2)
        return h.flatten(1) @ w3 + b3
    return train([lcg(21, 1 / 3, 32, 1, 3, 3), lcg(22, 0.1, 32), lcg(23, 288 ** -0.5, 64, 32, 3, 3), lcg(24, 0.05, 64),
                  lcg(25, 1 / 56, 3136, 10), lcg(26, 0.01, 10)], forward)


def mlp():
    x = lcg(11, 1, BATCH, 784)
    return train([lcg(21, 1 / 28, 784, 256), lcg(22, 0.03, 256), lcg(23, 1 / 16, 256, 10), lcg(24, 0.01, 10)],
                 lambda w1, b1, w2, b2: F.relu(x @ w1 + b1) @ w2 + b2)


def attention():
    """4 images, 4 heads of 16, 28x28 tokens, window 7x7, as dense attention under a mask; the sum of squares and its gradients."""
    side, window, heads = 28, 7, 16
    q, k, v = (lcg(seed, 1, heads, side * side, 16).double().requires_grad_() for seed in (31, 32, 33))
    start = (torch.arange(side) - window // 2).clamp(0, side - window)
    near = (torch.arange(side) >= start[:, None]) & (torch.arange(side) < start[:, None] + window)  # [query, key]
    mask = (near[:, None, :, None] & near[None, :, None, :]).reshape(side * side, side * side)
    scores = (q @ k.transpose(1, 2) / 4).masked_fill(~mask, -torch.inf)
    loss = ((scores.softmax(-1) @ v) ** 2).sum()
    loss.backward()
    return {'loss': loss.item(), 'gradNorms': [x.grad.norm().item() for x in (q, k, v)]}


def make():
    save('curves', {}, cnn=cnn(), mlp=mlp(), attention=attention())
