const float = new Float32Array(1);
const bitsOf = new Uint32Array(float.buffer);

/** float32 values of IEEE half-precision words: 1 sign, 5 exponent (bias 15), 10 fraction bits. Exact. */
export function floatsFromHalves(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 1023;
    let magnitude: number;
    if (exponent === 0) magnitude = fraction * 2 ** -24;
    else if (exponent === 31) magnitude = fraction === 0 ? Infinity : NaN;
    else magnitude = (1024 + fraction) * 2 ** (exponent - 25);
    floats[i] = half & 0x8000 ? -magnitude : magnitude;
  }
  return floats;
}

/** The nearest half-precision words, ties to even; beyond ±65504 (from 65520 on) infinities. */
export function halvesFromFloats(floats: ArrayLike<number>): Uint16Array {
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    float[0] = floats[i]!;
    const sign = (bitsOf[0]! >>> 16) & 0x8000;
    const bits = bitsOf[0]! & 0x7fffffff;
    halves[i] = sign | halfMagnitude(bits);
  }
  return halves;
}

/** The half of a non-negative float32, both as bits. */
function halfMagnitude(bits: number): number {
  if (bits > 0x7f800000) return 0x7e00; // NaN
  if (bits >= 0x477ff000) return 0x7c00; // 65520 and above
  if (bits < 0x38800000) {
    // below 2⁻¹⁴: next to 0.5 a float32's last bit is 2⁻²⁴, as a subnormal half's
    bitsOf[0] = bits;
    float[0] = float[0]! + 0.5;
    return bitsOf[0] - 0x3f000000;
  }
  return (bits - 0x38000000 + 0xfff + ((bits >>> 13) & 1)) >>> 13;
}

/** float32 values of bfloat16 words, which are the upper halves of float32. Exact. */
export function floatsFromBfloats(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  return new Float32Array(bits.buffer);
}
