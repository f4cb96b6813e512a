import type { Tensor } from '../../tensor/tensor.ts';
import type { NaOptions, NaResult, NeighborhoodAttention } from './neighborhoodAttention.ts';
import { ArgumentError, ShapeError, VicinalError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { checkList, formatShape, sizeOf } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { concat } from '../layout/concat.ts';
import { split } from '../layout/split.ts';
import { na1d, na2d, na3d } from './neighborhoodAttention.ts';
import { axisNames, checkHeads, resolveAxes } from './problem.ts';

export interface NaVarlenOptions extends NaOptions {
  /** The token axes of each map, in the order in which the maps lie one after another. A map without tokens adds nothing. */
  extents: readonly (readonly number[])[];
}

/** query [total, N, D], key [total, Nkv, D], value [total, Nkv, Dv] → output [total, N, Dv], logsumexp [total, N]. */
export interface NeighborhoodAttentionVarlen {
  (query: Tensor, key: Tensor, value: Tensor, options: NaVarlenOptions & { returnLogsumexp: true }): NaResult;
  (query: Tensor, key: Tensor, value: Tensor, options: NaVarlenOptions & { returnLogsumexp?: false }): Tensor;
}

type LooseOptions = NaVarlenOptions & { returnLogsumexp?: boolean };
type Loose<O> = (query: Tensor, key: Tensor, value: Tensor, options: O) => Tensor | NaResult;

/** One of the maps: which, its token axes, and how many batch entries it is: none for a map without tokens. */
interface FeatureMap {
  readonly index: number;
  readonly extent: readonly number[];
  readonly batch: 0 | 1;
}

/**
 * `na1d` on sequences of different lengths, packed one after another: each is attended by itself. query [total, N, D],
 * key [total, Nkv, D], value [total, Nkv, Dv], `extents` one [X] per sequence → [total, N, Dv]. `additionalKeys`
 * [maps, n, Nkv, D] and `additionalValues` hold those of each; `rpb` is shared; dropout draws a seed for each, in order.
 *
 * @throws ShapeError when the extents do not add up to the tokens, or a map is too small for the problem: it is named
 * @example
 * const [q, k] = [randn([9, 4, 8]), randn([9, 2, 8])];
 * na1dVarlen(q, k, k, { kernelSize: 3, extents: [[4], [0], [5]] }).shape; // [9, 4, 8]
 */
export const na1dVarlen: NeighborhoodAttentionVarlen = varlen('na1dVarlen', 1, na1d);

/**
 * `na2d` on feature maps of different sizes, packed one after another; see na1dVarlen. `extents`: one [X, Y] per map.
 *
 * @example
 * const q = randn([3 * 4 + 5 * 3, 2, 8]);
 * na2dVarlen(q, q, q, { kernelSize: 3, extents: [[3, 4], [5, 3]] }).shape; // [27, 2, 8]
 */
export const na2dVarlen: NeighborhoodAttentionVarlen = varlen('na2dVarlen', 2, na2d);

/** `na3d` on volumes of different sizes, packed one after another; see na1dVarlen. `extents`: one [X, Y, Z] per volume. */
export const na3dVarlen: NeighborhoodAttentionVarlen = varlen('na3dVarlen', 3, na3d);

function varlen(op: string, axes: number, attendOne: NeighborhoodAttention): NeighborhoodAttentionVarlen {
  const attend = attendOne as Loose<NaOptions & { returnLogsumexp?: boolean }>;
  const attendAll: Loose<LooseOptions> = (query, key, value, options) => {
    const { extents, additionalKeys, additionalValues, ...rest } = options ?? ({} as LooseOptions);
    for (const [option, value] of Object.entries({ kernelSize: rest.kernelSize, extents }))
      if (value === undefined) throw new ArgumentError(`needs the option '${option}'`, { op, option });
    checkPacked(op, { query, key, value });
    const spans = resolveAxes(op, axes, rest).map(({ kernelSize, dilation }) => kernelSize * dilation);
    const maps = checkExtents(op, extents, axes, query);
    const additional = { additionalKeys, additionalValues };
    for (const [name, x] of Object.entries(additional)) if (x) checkPerMap(op, name, x, maps.length);
    return scope(() => {
      const sizes = maps.map(({ extent }) => sizeOf(extent));
      const [ofQuery, ofKey, ofValue] = [query, key, value].map((x) => split(x, { sizes }));
      const [keys, values] = [additionalKeys, additionalValues].map((x) => x && split(x, { sizes: 1 }));
      const results = attended(maps).map((map) => {
        const { index, batch } = map;
        const lead = [batch, ...(batch === 1 ? map.extent : spans)];
        const view = (x: Tensor): Tensor => x.reshape([...lead, ...x.shape.slice(1)]);
        const own = (x: readonly Tensor[] | undefined) => x && x[index]!.slice({ axis: 0, end: batch });
        const inputs = [ofQuery![index]!, ofKey![index]!, ofValue![index]!].map(view) as [Tensor, Tensor, Tensor];
        const attrs = { ...rest, ...given('additionalKeys', own(keys)), ...given('additionalValues', own(values)) };
        return naming(op, map, () => attend(...inputs, attrs));
      });
      return packed(results);
    });
  };
  return attendAll as NeighborhoodAttentionVarlen;
}

/** Those with tokens; where none has any, one, as a batch of no maps, so that gradients find their way. */
function attended(maps: readonly FeatureMap[]): readonly FeatureMap[] {
  const full = maps.filter(({ batch }) => batch === 1);
  return full.length > 0 ? full : maps.slice(0, 1);
}

function given(name: string, x: Tensor | undefined): Record<string, Tensor> {
  return x ? { [name]: x } : {};
}

/** The results [1, *X, N, ...] of all maps one after another. */
function packed(results: readonly (Tensor | NaResult)[]): Tensor | NaResult {
  const join = (parts: readonly Tensor[], ownAxes: number): Tensor =>
    concat(parts.map((x) => x.reshape([sizeOf(x.shape.slice(0, -ownAxes)), ...x.shape.slice(-ownAxes)])));
  if (!('output' in results[0]!)) return join(results as readonly Tensor[], 2);
  const both = results as readonly NaResult[];
  return {
    output: join(
      both.map(({ output }) => output),
      2,
    ), // [N, Dv]
    logsumexp: join(
      both.map(({ logsumexp }) => logsumexp),
      1,
    ), // [N]
  };
}

/** Runs the attention of one map; what it refuses is said in the caller's words, and shapes of this map. */
function naming<T>(op: string, { index, extent }: FeatureMap, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof VicinalError)) throw error;
    const reason = error.message.slice(`${error.op}: `.length);
    if (error instanceof ArgumentError) throw new ArgumentError(reason, { ...error.fields, op });
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`map ${index} ${formatShape(extent)}: ${reason}`, { ...error.fields, op, map: index });
  }
}

function checkPacked(op: string, tensors: Readonly<Record<'query' | 'key' | 'value', Tensor>>): void {
  const { query, key, value } = tensors;
  for (const [name, x] of Object.entries(tensors)) {
    checkTensor(op, name, x);
    if (x.rank !== 3) {
      const wanted = { query: '[total, N, D]', key: '[total, Nkv, D]' }[name] ?? '[total, Nkv, Dv]';
      const text = `${name} ${formatShape(x.shape)} has rank ${x.rank}; it must be ${wanted}, of rank 3`;
      throw new ShapeError(text, { op, [name]: x.shape });
    }
    if (x.shape[0] === query.shape[0]) continue;
    const than = `query ${formatShape(query.shape)}`;
    const advice = `${x.shape[0]} tokens must be ${query.shape[0]}, as many as the query has`;
    throw new ShapeError(`${name} ${formatShape(x.shape)} does not fit ${than}; ${advice}`, { op, query: query.shape });
  }
  checkHeads(op, query.shape, key.shape, value.shape);
}

function checkExtents(op: string, extents: NaVarlenOptions['extents'], axes: number, query: Tensor): FeatureMap[] {
  checkList(op, 'extents', 'maps, each an array of sizes', extents);
  if (extents.length === 0)
    throw new ShapeError('extents is empty; give the sizes of at least one map', { op, extents });
  const maps = extents.map((extent, index): FeatureMap => {
    const isFine =
      Array.isArray(extent) && extent.length === axes && extent.every((n) => Number.isInteger(n) && n >= 0);
    if (isFine) return { index, extent: [...extent], batch: extent.includes(0) ? 0 : 1 };
    const got = Array.isArray(extent) ? formatShape(extent) : String(extent);
    const wanted = `[${axisNames(axes)}]`;
    throw new ShapeError(`extents of map ${index} must be ${wanted}, integers >= 0, got ${got}`, { op, extents });
  });
  const total = maps.reduce((sum, { extent }) => sum + sizeOf(extent), 0);
  if (total === query.shape[0]) return maps;
  const got = `the ${maps.length} maps of extents have ${total} tokens`;
  throw new ShapeError(`${got}, but query ${formatShape(query.shape)} has ${query.shape[0]}; they must be equal`, {
    op,
    extents,
    query: query.shape,
  });
}

function checkPerMap(op: string, name: string, x: Tensor, maps: number): void {
  checkTensor(op, name, x);
  if (x.rank === 4 && x.shape[0] === maps) return;
  const wanted = `it must be [${maps}, n, Nkv, ${name === 'additionalKeys' ? 'D' : 'Dv'}], one entry for each map`;
  throw new ShapeError(`${name} ${formatShape(x.shape)} does not fit ${maps} maps; ${wanted}`, { op, [name]: x.shape });
}
