import { numberBytes, Reader } from './reader.ts';

// Instructions as they are written. Relaxed ones are found by their bytes, which no other place of the module holds: what
// stands there would not be valid any more. @source WebAssembly Core 3.0 §5.4.10
const simd = 0xfd;
const [fusedAdd, fusedSubtract, fusedEnd] = [0x85, 0x86, 0x02]; // f32x4.relaxed_madd, f32x4.relaxed_nmadd
const [add, subtract, multiply] = [0xe4, 0xe5, 0xe6].map((code) => [simd, code, 1]) as [number[], number[], number[]];
const [get, set, vector] = [0x20, 0x21, 0x7b];

type Bytes = ArrayLike<number>;

/**
 * A copy of a module in which fused multiply-adds, a · b + c and c − a · b, are a product and then a sum or a difference,
 * for engines without relaxed SIMD: what the compiler would have made of them.
 */
export function unfused(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module, 8);
  const parts: Bytes[] = [module.subarray(0, 8)];
  let parameters: number[] = [];
  let types: number[] = [];
  while (reader.at < module.length) {
    const start = reader.at;
    const { id, end } = reader.section();
    if (id === 10) {
      const bodies = reader.list(() => {
        const size = reader.number();
        return module.subarray(reader.at, (reader.at += size));
      });
      const changed = bodies.map((body, i) => unfusedBody(body, parameters[types[i]!]!));
      const content = joined([
        numberBytes(bodies.length),
        ...changed.flatMap((body) => [numberBytes(body.length), body]),
      ]);
      parts.push([id, ...numberBytes(content.length)], content);
    } else {
      if (id === 1) parameters = reader.list(() => countParameters(reader));
      if (id === 3) types = reader.list(() => reader.number());
      parts.push(module.subarray(start, end));
    }
    reader.at = end;
  }
  return joined(parts);
}

/** How many a function type has: 0x60, a list of them, one of results. */
function countParameters(reader: Reader): number {
  reader.byte();
  const { length } = reader.list(() => reader.byte());
  reader.list(() => reader.byte());
  return length;
}

/** With two locals more, for what is on top of the stack while what lies below is multiplied. */
function unfusedBody(body: Uint8Array, parameters: number): Bytes {
  const reader = new Reader(body, 0);
  const groups = reader.list(() => [reader.number(), reader.byte()] as const);
  const summand = groups.reduce((sum, [count]) => sum + count, parameters);
  const [c, product] = [numberBytes(summand), numberBytes(summand + 1)];
  const sum = [set, ...c, ...multiply, get, ...c, ...add];
  const difference = [set, ...c, ...multiply, set, ...product, get, ...c, get, ...product, ...subtract];
  const locals = [...groups, [2, vector] as const].map(([count, type]) => [...numberBytes(count), type]);
  const parts: Bytes[] = [numberBytes(locals.length), ...locals];
  let done = reader.at;
  for (let i = body.indexOf(simd, done); i >= 0; i = body.indexOf(simd, i + 1)) {
    const code = body[i + 1];
    if (body[i + 2] !== fusedEnd || (code !== fusedAdd && code !== fusedSubtract)) continue;
    parts.push(body.subarray(done, i), code === fusedAdd ? sum : difference);
    done = i + 3;
  }
  return joined([...parts, body.subarray(done)]);
}

function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
