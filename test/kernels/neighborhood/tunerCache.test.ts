import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Tuning } from '../../../kernels/neighborhood/tuner/tunerCache.ts';
import { randn, scope } from '../../../index.ts';
import { disableAutotuner, tunedTiles, useAutotuner } from '../../../kernels/neighborhood/tuner/tuner.ts';
import { defaultPath } from '../../../kernels/neighborhood/tuner/tunerCache.ts';

const folder = mkdtempSync(join(tmpdir(), 'vicinal-tuner-'));
let files = 0;
let path = '';
const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeEach(() => {
  path = join(folder, `cache-${files++}.json`);
});

afterEach(() => {
  disableAutotuner();
  warnings.mockClear();
  vi.unstubAllEnvs();
});

afterAll(() => rmSync(folder, { recursive: true }));

type Kept = Record<string, Tuning>;
const read = (from = path): Kept => (JSON.parse(readFileSync(from, 'utf8')) as { tunings: Kept }).tunings;
const write = (tunings: object): void =>
  writeFileSync(path, JSON.stringify({ format: 'vicinal tuner', version: 1, tunings }));

const choose = (shape: readonly number[]): void =>
  scope(() => {
    const x = randn(shape);
    tunedTiles({ query: x, key: x, value: x }, { kernelSize: 5, dilation: 2 });
  });

describe('a cache', () => {
  const tune = (cache?: string | false): void => {
    useAutotuner({ ...(cache === undefined ? {} : { cache }), warmupSteps: 0, steps: 1 });
    choose([1, 14, 15, 2, 8]);
    choose([1, 10, 11, 1, 4]);
  };

  test.each([
    ['that is no JSON', '{"format": "vicinal tu', 'JSON'],
    ['of somebody else', '{"name": "my-project"}', 'it is no cache of the tuner'],
    ['that is null', 'null', 'it is no cache of the tuner'],
    ['of another version', '{"format": "vicinal tuner", "version": 7}', 'it has version 7, not 1'],
    [
      'with entries that are none',
      '{"format": "vicinal tuner", "version": 1, "tunings": {"a": {"queryTileSize": [0]}}}',
      "its entry a is none of the tuner's",
    ],
  ])('%s is ignored with one warning, and not written over', (_title, text, reason) => {
    writeFileSync(path, text);
    tune(path);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(String(warnings.mock.calls[0])).toContain(path);
    expect(String(warnings.mock.calls[0])).toContain(reason);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('that cannot be read or written is ignored with one warning', () => {
    mkdirSync(path);
    tune(path);
    tune(join(folder, 'missing\0'));
    expect(warnings).toHaveBeenCalledTimes(2);
    writeFileSync(`${path}.file`, '');
    tune(join(`${path}.file`, 'below.json'));
    expect(warnings).toHaveBeenCalledTimes(3);
  });

  test('with tiles that this problem cannot have is timed anew', () => {
    tune(path);
    const broken = { queryTileSize: [3, 4, 5], keyTileSize: [2000, 2000], numSplitsKey: null, milliseconds: 1 };
    write(Object.fromEntries(Object.keys(read()).map((key) => [key, broken])));
    tune(path);
    for (const { queryTileSize } of Object.values(read())) expect(queryTileSize?.length ?? 2).toBe(2);
  });

  test("is the user's by default, made with its folder, and may be none", () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'xdg'));
    expect(defaultPath()).toBe(join(folder, 'xdg/vicinal/tuner-1.json'));
    tune(false);
    expect(existsSync(defaultPath()!)).toBe(false);
    tune();
    expect(Object.keys(read(defaultPath()))).toHaveLength(2);
    // Our own file, when broken, is replaced.
    writeFileSync(defaultPath()!, '...');
    tune();
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(Object.keys(read(defaultPath()))).toHaveLength(2);
  });

  test.each([
    ['linux', {}, /\/\.cache\/vicinal\/tuner-1\.json$/],
    ['darwin', {}, /\/Library\/Caches\/vicinal\/tuner-1\.json$/],
    ['win32', { LOCALAPPDATA: 'C:/Users/me/AppData/Local' }, /^C:\/Users\/me\/AppData\/Local\/vicinal\/tuner-1\.json$/],
  ])('lies where %s keeps caches', (platform, env, place) => {
    vi.stubEnv('XDG_CACHE_HOME', '');
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    vi.spyOn(process, 'platform', 'get').mockReturnValueOnce(platform as NodeJS.Platform);
    expect(defaultPath()).toMatch(place);
  });
});
