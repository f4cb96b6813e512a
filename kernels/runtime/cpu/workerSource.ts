import { argsOffset, controlLength, messageOffset, mostArgs, mostMessage, slot } from './job.ts';

/**
 * How often a worker looks for the next job before it sleeps: some 50 µs, as waking takes 10 to 20 and ops follow one
 * another more closely than that. Where looking does not pay (another program has the core, jobs are rare) it looks
 * half as long each time; every so many sleeps it tries again.
 */
const mostSpins = 10_000;
const sleepsPerTry = 16;

/**
 * What a worker thread runs, for Node (`eval: true`) and pages (a Blob). A string, because a file of its own would have
 * to be found by every bundler and test runner. It gets `{ module, memory, index }` and returns when the pool stops.
 */
export const workerSource = `'use strict';
function work({ module, memory, index }) {
  const control = new Int32Array(memory.buffer, 0, ${controlLength});
  const args = new Float64Array(memory.buffer, ${argsOffset}, ${mostArgs});
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = WebAssembly.Module.exports(module).map(({ name }) => exports[name]);
  let spins = ${mostSpins}, sleeps = 0;
  for (;;) {
    const limit = Atomics.load(control, ${slot.limit});
    if (limit < 0) return;
    if (index >= limit) {
      Atomics.wait(control, ${slot.limit}, limit);
      continue;
    }
    const generation = Atomics.load(control, ${slot.generation});
    // First active, then open: the launching thread writes only while nobody is active and the slot is closed.
    Atomics.add(control, ${slot.active}, 1);
    if (Atomics.load(control, ${slot.open}) === 1 && index < Atomics.load(control, ${slot.limit})) runChunks();
    Atomics.sub(control, ${slot.active}, 1);
    let left = spins;
    while (left > 0 && Atomics.load(control, ${slot.generation}) === generation) left--;
    if (left > 0) spins = ${mostSpins};
    else {
      spins = ++sleeps % ${sleepsPerTry} === 0 ? ${mostSpins} : spins >> 1;
      Atomics.wait(control, ${slot.generation}, generation);
    }
  }

  function runChunks() {
    const chunks = control[${slot.chunks}], grain = control[${slot.grain}], items = control[${slot.items}];
    const kernel = kernels[control[${slot.kernel}]];
    const parameters = Array.from(args.subarray(0, control[${slot.count}])), begin = parameters.length;
    const stride = control[${slot.scratchStride}];
    if (stride) parameters[begin + 2] = control[${slot.scratchBase}] + index * stride;
    for (let chunk; (chunk = Atomics.add(control, ${slot.next}, 1)) < chunks;) {
      try {
        parameters[begin] = chunk * grain;
        parameters[begin + 1] = Math.min(items, (chunk + 1) * grain);
        kernel(...parameters);
      } catch (error) {
        fail(error);
      }
      if (Atomics.add(control, ${slot.done}, 1) + 1 === chunks) Atomics.notify(control, ${slot.done});
    }
  }

  function fail(error) {
    if (Atomics.compareExchange(control, ${slot.failed}, 0, 1) !== 0) return;
    const message = new TextEncoder().encode(error.message).subarray(0, ${mostMessage});
    new Uint8Array(memory.buffer, ${messageOffset}, ${mostMessage}).set(message);
    control[${slot.messageLength}] = message.length;
  }
}
if (globalThis.process?.getBuiltinModule) work(process.getBuiltinModule('node:worker_threads').workerData);
else globalThis.onmessage = ({ data }) => work(data);
`;
