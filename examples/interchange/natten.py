"""The model of model.ts in NumPy: reads and writes its safetensors files, and computes its logits.

  python3 natten.py logits WEIGHTS.safetensors DIGITS.safetensors OUT.safetensors
  python3 natten.py refit  WEIGHTS.safetensors DIGITS.safetensors OUT.safetensors
"""

import json
import struct
import sys

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}


def load(path):
    """{name: array} of a safetensors file: 8 bytes of header length, JSON, the data."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    arrays = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        arrays[name] = np.frombuffer(data[begin:end], DTYPES[info["dtype"]]).reshape(info["shape"])
    return arrays


def save(path, arrays):
    """Writes float32 arrays. Readers want the header to end at a multiple of 8 bytes."""
    header, parts, end = {}, [], 0
    for name, array in arrays.items():
        part = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def linear(x, w, key):
    return x @ w[f"{key}.weight"].T + w[f"{key}.bias"]


def layer_norm(x, w, key):
    centered = x - x.mean(-1, keepdims=True)
    variance = (centered**2).mean(-1, keepdims=True)
    return centered / np.sqrt(variance + 1e-5) * w[f"{key}.weight"] + w[f"{key}.bias"]


def gelu(x):
    """0.5 x (1 + erf(x / sqrt 2)), erf by Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7."""
    z = np.abs(x) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return 0.5 * x * (1 + np.sign(x) * (1 - poly * np.exp(-z * z)))


def neighborhood_attention(x, w, key, heads, kernel):
    """NATTEN's rule: each query sees the `kernel` nearest keys per axis; at a border the window stops, it is not cut."""
    batch, height, width, dim = x.shape
    qkv = linear(x, w, f"{key}.qkv").reshape(batch, height, width, 3, heads, dim // heads)
    q, k, v = qkv[..., 0, :, :], qkv[..., 1, :, :], qkv[..., 2, :, :]
    out = np.empty_like(q)
    for i in range(height):
        for j in range(width):
            top = min(max(i - kernel // 2, 0), height - kernel)
            left = min(max(j - kernel // 2, 0), width - kernel)
            window = (slice(None), slice(top, top + kernel), slice(left, left + kernel))
            scores = np.einsum("bnd,bxynd->bnxy", q[:, i, j], k[window]) * (dim // heads) ** -0.5
            bias = w[f"{key}.rpb"][:, top - i + kernel - 1 :, left - j + kernel - 1 :][:, :kernel, :kernel]
            scores = (scores + bias).reshape(batch, heads, kernel * kernel)
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            values = v[window].reshape(batch, kernel * kernel, heads, -1)
            out[:, i, j] = np.einsum("bnk,bknd->bnd", weights, values)
    return linear(out.reshape(batch, height, width, dim), w, f"{key}.proj")


def features(image, w):
    """bytes [B, 1, 28, 28] to [B, C]: what the head sees."""
    batch = len(image)
    patches = (image / np.float32(255)).reshape(batch, 7, 4, 7, 4).transpose(0, 1, 3, 2, 4).reshape(batch, 7, 7, 16)
    dim = len(w["tokenizer.bias"])
    x = patches @ w["tokenizer.weight"].reshape(dim, 16).T + w["tokenizer.bias"]
    for i in range(sum(key.endswith("attn.qkv.weight") for key in w)):
        key = f"blocks.{i}"
        x = x + neighborhood_attention(layer_norm(x, w, f"{key}.norm1"), w, f"{key}.attn", heads=4, kernel=3)
        x = x + linear(gelu(linear(layer_norm(x, w, f"{key}.norm2"), w, f"{key}.mlp.fc1")), w, f"{key}.mlp.fc2")
    return layer_norm(x, w, "norm").mean((1, 2))


def refit(w, seen, label):
    """The same weights with a new head: ridge regression of the labels, +1 for the right one and 0 for the others, on the features."""
    inputs = np.c_[seen, np.ones(len(seen))].astype(np.float64)
    gram = inputs.T @ inputs + 1e-2 * np.eye(inputs.shape[1])
    solution = np.linalg.solve(gram, inputs.T @ np.eye(10)[label])
    return {**w, "head.weight": solution[:-1].T, "head.bias": solution[-1]}


def main(command, weights_path, digits_path, out_path):
    weights, digits = load(weights_path), load(digits_path)
    seen = features(digits["image"].astype(np.float32), weights)
    if command == "logits":
        save(out_path, {"logits": linear(seen, weights, "head")})
    elif command == "refit":
        new = refit(weights, seen, digits["label"])
        save(out_path, {**new, "logits": linear(seen, new, "head")})
    else:
        sys.exit(f"there is no command '{command}'; use logits or refit")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
