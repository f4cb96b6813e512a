"""PyTorch on one thread, or numpy's product of matrices where there is no PyTorch: one of the processes that are compared (serve.ts)."""

import json
import math
import os
import sys
import time

import numpy as np

try:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
except ImportError:
    torch = None


def lcg(shape, seed, scale=1.0):
    """numbers.ts: x -> 1664525 x + 1013904223 mod 2^32, all states at once from the powers of the factor."""
    n = math.prod(shape)
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(n, 1664525, np.uint32), dtype=np.uint32)
        sums = np.concatenate(([1], 1 + np.cumsum(powers[:-1], dtype=np.uint32))).astype(np.uint32)
        states = powers * np.uint32(seed) + sums * np.uint32(1013904223)
    return ((states / 2.0**32 - 0.5) * 2 * scale).astype(np.float32).reshape(shape)


def blas():
    """The library that multiplies, by what is mapped into this process."""
    with open("/proc/self/maps") as maps:
        names = {line.split("/")[-1].strip() for line in maps if "blas" in line or "mkl" in line}
    names -= {"libblas.so.3"} if len(names) > 1 else set()
    return " ".join(sorted(names)) or "a BLAS of its own"


def product(job):
    def operand(seed, rows, columns, is_transposed):
        shape = (columns, rows) if is_transposed else (rows, columns)
        x = lcg((job["batch"], *shape) if job["batch"] > 1 else shape, seed)
        x = torch.from_numpy(x) if torch else x
        return x.swapaxes(-1, -2) if is_transposed else x

    a = operand(1, job["m"], job["k"], job["transposeA"])
    b = operand(2, job["k"], job["n"], job["transposeB"])
    return (lambda: a @ b), lambda: (a @ b).flatten()[:8].tolist()


def parameter(values, seed, scale=1.0):
    return torch.from_numpy(lcg(values, seed, scale)).requires_grad_()


def step(job):
    x = torch.from_numpy(lcg(job["image"]["shape"], job["image"]["seed"], job["image"]["scale"]))
    y = torch.tensor([(i * 7) % 10 for i in range(len(x))])
    p = [parameter(v["shape"], v["seed"], v["scale"]) for v in job["parameters"]]

    def cnn():
        h = F.max_pool2d(F.relu(F.conv2d(x, p[0], p[1], padding=1)), 2)
        h = F.max_pool2d(F.relu(F.conv2d(h, p[2], p[3], padding=1)), 2)
        return h.flatten(1) @ p[4] + p[5]

    def mlp():
        return F.relu(x @ p[0] + p[1]) @ p[2] + p[3]

    network = cnn if job["model"] == "cnn" else mlp
    optimizer = torch.optim.SGD(p, lr=job["lr"])

    def run():
        optimizer.zero_grad()
        loss = F.cross_entropy(network(), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return run, lambda: [run() for _ in range(5)]


def attention(job):
    """Over all pairs of tokens, with a mask."""
    side, window = job["side"], job["window"]
    tokens = side * side
    shape = (job["images"] * job["heads"], tokens, job["dim"])
    q, k, v = (parameter(shape, seed) for seed in job["seeds"])
    first = [min(max(i - window // 2, 0), side - window) for i in range(side)]
    mask = torch.full((side, side, side, side), -1e9)
    for row in range(side):
        for column in range(side):
            near = mask[row, column, first[row] : first[row] + window]
            near[:, first[column] : first[column] + window] = 0
    mask = mask.view(tokens, tokens)

    def run():
        q.grad = k.grad = v.grad = None
        scores = q @ k.transpose(1, 2) / math.sqrt(job["dim"]) + mask
        loss = (torch.softmax(scores, -1) @ v).square().sum()
        loss.backward()
        return loss.item()

    return run, lambda: [run()] + [x.grad.double().square().sum().item() for x in (q, k, v)]


def open_task(job):
    if job["kind"] == "product":
        return product(job)
    if torch is None:
        return "numpy does not train"
    return attention(job) if job["kind"] == "attention" else step(job)


SCHEDULE = "/proc/thread-self/schedstat"
TELLS_WAITING = os.path.exists(SCHEDULE)


def waited():
    """Seconds for which this thread could have run and another program did."""
    if not TELLS_WAITING:
        return 0
    with open(SCHEDULE) as schedule:
        return int(schedule.read().split()[1]) / 1e9


MOST_DOUBT = 0.03


def times_of(run, seconds):
    """As in serve.ts: without the time that a run waited; not where that may have been in the looks at it."""
    times, wall, begin = [], 0, time.perf_counter()
    while not times or time.perf_counter() - begin < seconds:
        opened = time.perf_counter()
        before = waited()
        start = time.perf_counter()
        run()
        end = time.perf_counter()
        waiting = waited() - before
        looks = start - opened + time.perf_counter() - end
        if waiting > 0 and looks > MOST_DOUBT * (end - start - waiting):
            continue
        times.append(end - start - waiting)
        wall += end - start
    return {"times": times, "wall": wall}


ready = {}


def answer(request):
    name = request["task"]["name"]
    if request["do"] == "run":
        return times_of(ready[name], request["seconds"])
    found = open_task(request["task"]["job"])
    if isinstance(found, str):
        return {"cannot": found}
    ready[name], check = found
    return {"check": check()}


def tell(message):
    print(json.dumps(message), flush=True)


np.ones((2, 2), np.float32) @ np.ones((2, 2), np.float32)
name = f"PyTorch {torch.__version__}" if torch else f"numpy {np.__version__}"
tell({"hello": f"{name}, {blas()}"})
for line in sys.stdin:
    try:
        tell(answer(json.loads(line)))
    except Exception as error:
        tell({"cannot": f"{type(error).__name__}: {error}"})
