/**
 * Compiles every kernels/**\/*.as.ts into one WebAssembly module, twice (with and without relaxed SIMD), and writes
 * their bytes as the digits of kernels/runtime/cpu/digits.ts into kernels/runtime/cpu/binary.ts. Does nothing when no source changed, unless `--force`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { tileSource } from './register-tiles.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'kernels/runtime/cpu/binary.ts');

const flags = (
  '-O3 --noAssert --runtime stub --stackSize 0 --noColors --importMemory --noExportMemory ' +
  '--sharedMemory --initialMemory 1 --maximumMemory 65536 --enable simd --enable threads --disableWarning'
).split(' ');

/** WebAssembly sections that a kernel module must not have: all state is in memory that the launcher owns. */
const refused = new Map([
  [6, 'a global variable; kernels keep nothing between calls'],
  [8, 'a start function; kernels have nothing to initialise'],
  [11, 'a data segment (a string, static array or object); write the numbers as constants in the code'],
]);

/**
 * The bytes of one build. `sources` maps path to text; the exports of `entries` become kernels.
 * @throws with the compiler's own message
 */
export async function compileKernels(sources, entries, { relaxed }) {
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  let messages = '';
  const options = relaxed ? [...flags, '--enable', 'relaxed-simd'] : flags;
  const { error } = await asc.main([...entries, '--outFile', 'kernels.wasm', ...options], {
    readFile: (name) => sources.get(name.replaceAll('\\', '/')) ?? null,
    writeFile: (_name, contents) => void (bytes = contents),
    listFiles: () => [],
    stderr: { write: (text) => void (messages += text) },
  });
  if (error || !bytes) throw new Error(`kernels: ${error?.message ?? 'no output'}\n${messages}`);
  for (const id of sectionIds(bytes)) {
    if (refused.has(id)) throw new Error(`kernels: the module has ${refused.get(id)}`);
  }
  return bytes;
}

/** `compileKernels` in a thread of its own. */
async function compileBeside(sources, entries, options) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { sources, entries, options } });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve).on('error', reject);
  });
}

/** An entry is a file whose functions take items `begin: i32`; the others are helpers that entries import. */
export function entriesOf(sources) {
  return [...sources].filter(([, text]) => /\bbegin: i32\b/.test(text)).map(([path]) => path);
}

/** Path to text of every AssemblyScript file under kernels/, in a fixed order, the generated one last. */
export function readSources() {
  const names = readdirSync(join(root, 'kernels'), { recursive: true, encoding: 'utf8' });
  const paths = names
    .filter((name) => name.endsWith('.as.ts'))
    .map((name) => relative(root, join(root, 'kernels', name)));
  const files = paths.map((path) => path.replaceAll('\\', '/')).sort();
  const sources = new Map(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  return sources.set('kernels/matmul/tiles.as.ts', tileSource());
}

function* sectionIds(bytes) {
  for (let at = 8; at < bytes.length;) {
    yield bytes[at++];
    let size = 0,
      shift = 0,
      byte;
    do {
      byte = bytes[at++];
      size |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    at += size;
  }
}

/** The inverse of `bytesOf` in kernels/runtime/cpu/digits.ts. */
export function digitsOf(bytes) {
  const character = (digit) => String.fromCharCode(digit + 32 + (digit > 6) + (digit > 58));
  const one = (byte) => {
    const digit = (byte + 4) & 255;
    return (digit > 181 ? '~' : digit > 90 ? '}' : '') + character(digit % 91);
  };
  const each = Array.from({ length: 256 }, (_, byte) => one(byte));
  return Array.from(bytes, (byte) => each[byte]).join('');
}

/** Bytes that two builds must share in a row to be told as a place in the first. */
const leastShared = 12;
const keyBytes = 8;

/** `other` by what it shares with `base`, as the text of a list: most functions are the same in both. */
function partsText(base, other) {
  const keyAt = (bytes, at) => bytes.toString('latin1', at, at + keyBytes);
  const places = new Map();
  for (let at = 0; at + keyBytes <= base.length; at++) {
    const key = keyAt(base, at);
    const found = places.get(key);
    if (found) found.push(at);
    else places.set(key, [at]);
  }
  const parts = [];
  let [own, last] = [0, 0];
  for (let at = 0; at + keyBytes <= other.length;) {
    let [length, from] = [0, 0];
    for (const place of places.get(keyAt(other, at)) ?? []) {
      let shared = keyBytes;
      while (at + shared < other.length && base[place + shared] === other[at + shared]) shared++;
      const isNearer = Math.abs(place - last) < Math.abs(from - last);
      if (shared > length || (shared === length && isNearer)) [length, from] = [shared, place];
    }
    if (length < leastShared) {
      at++;
      continue;
    }
    parts.push(`'${digitsOf(other.subarray(own, at))}',${from - last},${length}`);
    last = from + length;
    own = at += length;
  }
  return `[${[...parts, `'${digitsOf(other.subarray(own))}',0,0`].join(',')}]`;
}

function hashOf(sources) {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const [path, text] of sources) hash.update(`\0${path}\0${text}`);
  return hash.digest('hex');
}

function readTarget() {
  try {
    return readFileSync(target, 'utf8');
  } catch {
    return '';
  }
}

async function build(force) {
  const sources = readSources();
  const hash = hashOf(sources);
  if (!force && readTarget().includes(`sources: ${hash}`)) return;
  const entries = entriesOf(sources);
  if (entries.length === 0) throw new Error('kernels: there is no kernels/**/*.as.ts with a kernel in it');
  const started = performance.now();
  const builds = [{ relaxed: false }, { relaxed: true }];
  const [base, relaxed] = await Promise.all(builds.map((options) => compileBeside(sources, entries, options)));
  const lines = [
    '// Generated by scripts/build-kernels.mjs from kernels/**/*.as.ts; do not edit.',
    `// sources: ${hash}`,
    // Of type string: else its declaration would hold the bytes once more.
    `export const base: string = '${digitsOf(base)}';`,
    '/** Again and again: bytes of its own, then how far on from the last ones bytes of `base` begin, and how many follow. */',
    `export const relaxed = ${partsText(Buffer.from(base), Buffer.from(relaxed))};`,
    '',
  ];
  mkdirSync(dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, lines.join('\n'));
  renameSync(draft, target); // whole or not at all: another process may be reading it
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `kernels: ${entries.length} files, ${base.length} and ${relaxed.length} bytes (relaxed SIMD), ${seconds} s`,
  );
}

if (!isMainThread && workerData?.entries) {
  const { sources, entries, options } = workerData;
  parentPort.postMessage(await compileKernels(sources, entries, options));
} else if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  await build(process.argv.includes('--force')).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
