"""Makes the files in this folder: what NumPy and the official safetensors writer make of known values.

Run from anywhere: python3 test/golden/io/make.py (pip install numpy safetensors). Made with numpy 2.4.6, safetensors 0.8.0.
expected.json says what each file holds; floats that JSON lacks are strings.
"""
import gzip, io, json, pathlib, struct
import numpy as np
from safetensors.numpy import save

here = pathlib.Path(__file__).parent
expected = {}


def values(array):
    """Row-major numbers, as our reader gives them: float16 widened, booleans as 0 and 1."""
    flat = array.astype(np.float64 if array.dtype.kind == 'f' else np.int64).ravel(order='C')
    return [{'nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}.get(str(v), v) for v in flat.tolist()]


def put(name, data, dtype=None, array=None):
    (here / name).write_bytes(data)
    if array is not None:
        expected[name] = {'dtype': dtype, 'shape': list(array.shape), 'values': values(array)}


def npy(name, dtype, array, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    put(f'{name}.npy', file.getvalue(), dtype, array)


rng = np.random.default_rng(0)
f4 = rng.standard_normal((2, 3, 4)).astype('<f4')
special = np.array([0.0, -0.0, 1, -1, 2**-24, 2**-14, 65504, -65504, np.inf, -np.inf, np.nan, 1 / 3], '<f2')
npy('f4', 'float32', f4)
npy('f4-fortran', 'float32', np.asfortranarray(f4))
npy('f4-big', 'float32', f4.astype('>f4'))
npy('f8', 'float64', rng.standard_normal(5))
npy('f2', 'float32', special)
npy('i4', 'int32', np.array([[-2**31, 2**31 - 1], [0, -1]], '<i4'))
npy('i8', 'int32', np.arange(-3, 4, dtype='<i8'))
npy('u1', 'uint8', np.arange(256, dtype='u1').reshape(16, 16))
npy('b1', 'bool', np.array([True, False, True]))
npy('i2-big', 'int32', np.array([-2, 300], '>i2'))
npy('scalar', 'float32', np.array(2.5, '<f4'))
npy('empty', 'float32', np.zeros((0, 3), '<f4'))
npy('version2', 'float32', f4[0], version=(2, 0))
npy('version3', 'float32', f4[0], version=(3, 0))
put('i8-large.npy', (lambda f: (np.save(f, np.array([1, 2**31])), f.getvalue())[1])(io.BytesIO()))
put('objects.npy', (lambda f: (np.save(f, np.array([None, 'a'], object), allow_pickle=True), f.getvalue())[1])(io.BytesIO()))
put('records.npy', (lambda f: (np.save(f, np.zeros(2, [('x', '<f4'), ('y', '<i4')])), f.getvalue())[1])(io.BytesIO()))

# rounding of float32 to half: ties, borders of the subnormals and of infinity, random magnitudes
floats = np.concatenate([
    np.array([2049, 2051, 65519.996, 65520, 1e9, 2**-25, 2**-25 * 1.0001, 3 * 2**-25, 2**-14 - 2**-26, 1e-10, -2**-24], 'f4'),
    (rng.standard_normal(100) * 2.0 ** rng.integers(-27, 17, 100)).astype('f4')])
with np.errstate(over='ignore'):
    expected['halves'] = {'floats': floats.tolist(), 'halves': floats.astype('<f2').view('<u2').tolist()}

tensors = {
    'conv.weight': f4, '10': np.float32([1, 2]), '2': np.float32([3]), 'double': rng.standard_normal((2, 2)), 'half': special[:10],
    'labels': np.arange(6, dtype='<i4').reshape(2, 3), 'norm.num_batches_tracked': np.array(7, '<i8'), 'pixels': np.arange(5, dtype='u1'),
    'mask': np.array([[True], [False]]), 'nothing': np.zeros((3, 0), '<f4'), 'é "quoted"': np.array([-1], '<i4'),
}
ours = {'float16': 'float32', 'int64': 'int32'}
put('official.safetensors', save(tensors, metadata={'format': 'pt'}))
expected['official.safetensors'] = {
    name: {'dtype': ours.get(str(a.dtype), str(a.dtype)), 'shape': list(a.shape), 'values': values(a)} for name, a in tensors.items()}

idx = struct.pack('>HBBIII', 0, 0x08, 3, 2, 3, 3) + bytes(range(18))
put('images.idx', idx, 'uint8', np.arange(18, dtype='u1').reshape(2, 3, 3))
put('images.idx.gz', gzip.compress(idx, mtime=0), 'uint8', np.arange(18, dtype='u1').reshape(2, 3, 3))
put('floats.idx', struct.pack('>HBBI3f', 0, 0x0D, 1, 3, 1.5, -2, 0.25), 'float32', np.float32([1.5, -2, 0.25]))

def npz(name, write):
    arrays = {'w': f4, 'labels': np.arange(5, dtype='<i8'), 'é/mask': np.array([[True], [False]]), 'zeros': np.zeros((8, 9), '<f4')}
    file = io.BytesIO()
    write(file, **arrays)
    put(name, file.getvalue())
    expected[name] = {key: {'dtype': ours.get(str(a.dtype), str(a.dtype)), 'shape': list(a.shape), 'values': values(a)} for key, a in arrays.items()}


npz('stored.npz', np.savez)
npz('deflated.npz', np.savez_compressed)

(here / 'expected.json').write_text(json.dumps(expected, ensure_ascii=False) + '\n')
