/**
 * WGSL of Philox4x32-10: `philox(seed, counter)` gives the four words of the block with that counter, lowest first, for the key
 * (seed, 0): the bits of tensor/philox.ts.
 */
export const philoxWgsl = `fn multiplyHigh(a: u32, m: u32) -> u32 {
  let low = a & 0xffffu;
  let high = a >> 16u;
  let mLow = m & 0xffffu;
  let mHigh = m >> 16u;
  let middle = ((low * mLow) >> 16u) + high * mLow;
  let carry = (middle & 0xffffu) + low * mHigh;
  return high * mHigh + (middle >> 16u) + (carry >> 16u);
}
fn philox(seed: u32, counter: vec4u) -> vec4u {
  var c = counter;
  var key0 = seed;
  var key1 = 0u;
  for (var round = 0; round < 10; round++) {
    let high0 = multiplyHigh(c.x, 0xd2511f53u);
    let high1 = multiplyHigh(c.z, 0xcd9e8d57u);
    c = vec4u(high1 ^ c.y ^ key0, c.z * 0xcd9e8d57u, high0 ^ c.w ^ key1, c.x * 0xd2511f53u);
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return c;
}`;
