import type { Launch } from './launch.ts';
import { floatsFromHalves, halvesFromFloats } from '../tensor/io/half.ts';
import { DistributedError } from './error.ts';
import { mpichHandles, openMpiHandles, type Handle, type Handles } from './handles.ts';

/** What a parameter of a call may be: a number, a handle, an address, or memory that MPI reads or writes. */
export type Argument = number | bigint | ArrayBufferView | null;
type NativeCall = (...args: Argument[]) => number;

/** The part of the npm package koffi that is used here. */
export interface Koffi {
  load(path: string, options: { global: boolean }): NativeLibrary;
  proto(declaration: string): object;
  pointer(type: object): object;
  register(callback: (...args: bigint[]) => void, type: object): bigint;
  address(memory: ArrayBufferView): bigint;
  view(address: bigint, bytes: number): ArrayBuffer;
}
interface NativeLibrary {
  func(declaration: string): NativeCall;
  symbol(name: string, type: string): bigint;
}

/** C declarations, with `H` for the type of handles: an address in Open MPI, a number in MPICH. */
const declarations = {
  Init_thread: 'void*, void*, int, void*',
  Finalize: 'void',
  Abort: 'H, int',
  Error_string: 'int, void*, void*',
  Comm_rank: 'H, void*',
  Comm_size: 'H, void*',
  Comm_dup: 'H, void*',
  Comm_split_type: 'H, int, int, H, void*',
  Comm_set_errhandler: 'H, H',
  Op_create: 'void*, int, void*',
  Test: 'void*, void*, void*',
  Iallreduce: 'void*, void*, int, H, H, H, void*',
  Ireduce_scatter_block: 'void*, void*, int, H, H, H, void*',
  Ibcast: 'void*, int, H, int, H, void*',
  Iallgather: 'void*, int, H, void*, int, H, H, void*',
  Ibarrier: 'H, void*',
  Isend: 'void*, int, H, int, int, H, void*',
  Irecv: 'void*, int, H, int, int, H, void*',
} as const;
export type CallName = keyof typeof declarations;

/** An MPI library: its calls, and the constants that they take. */
export class Mpi {
  readonly handles: Handles;
  /** As the library names itself: `Open MPI v4.1.4`. */
  readonly version: string;
  readonly path: string;
  readonly koffi: Koffi;
  readonly #calls: Readonly<Record<CallName, NativeCall>>;
  #sumOfHalves: Handle | null = null;

  /** @throws Error when the library lacks a call, or is neither Open MPI nor of MPICH's kin */
  constructor(koffi: Koffi, path: string) {
    const library = koffi.load(path, { global: true }); // global: its own plugins look for its symbols
    this.koffi = koffi;
    this.path = path;
    const version = libraryVersion(library);
    this.version = version.split(/[,\n]/)[0]!.replace(/\s+/g, ' ');
    if (/open mpi/i.test(version)) this.handles = openMpiHandles((name) => library.symbol(name, 'void'));
    else if (/mpich|mvapich|intel\(r\) mpi/i.test(version)) this.handles = mpichHandles;
    else throw new Error(`it is '${this.version}', neither Open MPI nor MPICH or one of its kin`);
    const declare = (name: string, parameters: string): NativeCall =>
      library.func(`int MPI_${name}(${parameters.replace(/\bH\b/g, this.handles.type)})`);
    const calls = Object.entries(declarations).map(([name, parameters]) => [name, declare(name, parameters)]);
    this.#calls = Object.fromEntries(calls) as Record<CallName, NativeCall>;
  }

  /** @throws DistributedError with MPI's own words when it returns an error */
  call(name: CallName, ...args: Argument[]): void {
    const code = this.#calls[name](...args);
    if (code === 0) return;
    throw new DistributedError(`${this.version} says: ${this.#describe(code)}`, { op: `MPI_${name}`, code });
  }

  /** What a call writes to its last parameter. */
  integer(name: CallName, ...args: Argument[]): number {
    const result = new Int32Array(1);
    this.call(name, ...args, result);
    return result[0]!;
  }

  /** The same for a call that makes a handle. */
  handle(name: CallName, ...args: Argument[]): Handle {
    const result = new BigUint64Array(1);
    this.call(name, ...args, result);
    return this.handles.type === 'int' ? Number(BigInt.asIntN(32, result[0]!)) : result[0]!;
  }

  /** A reduction that MPI does not know: sum[i] += part[i] of float16 words, called while the main thread is in a call of MPI. */
  sumOfHalves(): Handle {
    if (this.#sumOfHalves !== null) return this.#sumOfHalves;
    const { koffi } = this;
    const words = (address: bigint, length: number): Uint16Array => new Uint16Array(koffi.view(address, 2 * length));
    const add = (part: bigint, sum: bigint, count: bigint): void => {
      const length = new Int32Array(koffi.view(count, 4))[0]!;
      addHalves(words(part, length), words(sum, length));
    };
    const type = koffi.proto(
      'void vicinal_mpi_user_function(uintptr_t part, uintptr_t sum, uintptr_t count, uintptr_t type)',
    );
    const isCommutative = 1;
    return (this.#sumOfHalves = this.handle('Op_create', koffi.register(add, koffi.pointer(type)), isCommutative));
  }

  #describe(code: number): string {
    const [text, length] = [new Uint8Array(512), new Int32Array(1)];
    this.#calls.Error_string(code, text, length);
    return new TextDecoder().decode(text.subarray(0, length[0]));
  }
}

function addHalves(part: Uint16Array, sum: Uint16Array): void {
  const [a, b] = [floatsFromHalves(part), floatsFromHalves(sum)];
  sum.set(halvesFromFloats(b.map((value, i) => value + a[i]!)));
}

/** May be asked before MPI_Init. */
function libraryVersion(library: NativeLibrary): string {
  const [text, length] = [new Uint8Array(8192), new Int32Array(1)];
  library.func('int MPI_Get_library_version(void*, void*)')(text, length);
  return new TextDecoder().decode(text.subarray(0, length[0]));
}

/** Names that the loader finds, by platform. The versioned ones come with the libraries, the others with their headers. */
const fileNames = {
  'Open MPI': { linux: ['libmpi.so.40', 'libmpi.so'], darwin: ['libmpi.40.dylib', 'libmpi.dylib'] },
  MPICH: {
    linux: ['libmpich.so.12', 'libmpi.so.12', 'libmpi.so'],
    darwin: ['libmpi.12.dylib', 'libmpi.dylib'],
  },
} as const;

/**
 * The MPI library that goes with the launcher, or the one that `VICINAL_MPI` names.
 *
 * @throws DistributedError that says what to install
 */
export async function loadMpi(launch: Launch, wanted: string | undefined): Promise<Mpi> {
  const koffi = await loadKoffi(launch);
  const system = process.platform === 'darwin' ? 'darwin' : 'linux';
  const families = launch.family ? [launch.family] : (['Open MPI', 'MPICH'] as const);
  const candidates = wanted ? [wanted] : families.flatMap((family) => fileNames[family][system]);
  const failures: string[] = [];
  for (const path of candidates) {
    try {
      return new Mpi(koffi, path);
    } catch (error) {
      failures.push(`${path}: ${(error as Error).message}`);
    }
  }
  const advice = wanted
    ? 'VICINAL_MPI must name the library of Open MPI or MPICH'
    : `install ${launch.family ?? 'Open MPI'}'s library (Debian: ${launch.family === 'MPICH' ? 'libmpich12' : 'libopenmpi3'}), or name its file in VICINAL_MPI`;
  const message = `${launch.by} started ${launch.size} processes, but no MPI library can be used (${failures.join('; ')}); ${advice}`;
  throw new DistributedError(message, { op: 'init', candidates });
}

async function loadKoffi({ by, size }: Launch): Promise<Koffi> {
  const name = 'koffi'; // a name that bundlers do not follow: it is an optional peer
  try {
    const module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as { default: Koffi };
    return module.default;
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new DistributedError(
      `${by} started ${size} processes, but the npm package 'koffi' could not be loaded (${reason}); run npm install koffi@3.3.4`,
      { op: 'init' },
    );
  }
}
