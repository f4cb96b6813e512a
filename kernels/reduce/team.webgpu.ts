// Teams: the lanes of a workgroup that share a line, and the WGSL that merges what they have.

/** Lanes of a workgroup. */
export const lanes = 256;
/** Values that one lane merges after a barrier. More barriers cost more than reads that all lanes share. */
const radix = 16;

/** A workgroup as teams: `size` lanes walk each of `lines` lines. */
export interface Team {
  readonly size: number;
  readonly lines: number;
  /** Neighbouring lanes walk one line (its elements are neighbours), or neighbouring lines. */
  readonly isAlong: boolean;
}

export function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(least, 1)));
}

/**
 * A team for lines of `steps` elements (or vectors), of which a lane should take `each`. Lines that lie side by side in memory
 * are walked by at least `beside` neighbouring lanes, where there are so many.
 */
export function teamFor(steps: number, count: number, isAlong: boolean, each: number, beside = 32): Team {
  const most = isAlong ? lanes : lanes / Math.min(powerOfTwo(count), beside);
  const least = isAlong ? Math.min(powerOfTwo(steps), 8) : 1;
  const size = Math.min(Math.max(powerOfTwo(Math.ceil(steps / each)), least), most);
  return { size, lines: lanes / size, isAlong };
}

export function teamKey({ size, isAlong }: Team): string {
  return `${isAlong ? 'along' : 'across'} ${size}`;
}

/** Statements that make `r` (the lane's place in its team) and `l` (the team's number). */
export function placeText({ size, lines, isAlong }: Team): string {
  return isAlong
    ? `  let r = lane % ${size}u;\n  let l = lane / ${size}u;`
    : `  let r = lane / ${lines}u;\n  let l = lane % ${lines}u;`;
}

/** The workgroup memory for merging values of a type. */
export function scratchText(type: string): string {
  return `var<workgroup> scratch: array<${type}, ${lanes}>;`;
}

/**
 * WGSL of `fn name(value: type, lane: u32) -> type`: the team's values merged by the function `merge`, pairwise in a fixed
 * order; all lanes get the result. Control flow must be uniform.
 */
export function mergeText({ size, lines, isAlong }: Team, type: string, name: string, merge: string): string {
  const head = `fn ${name}(value: ${type}, lane: u32) -> ${type} {`;
  if (size === 1) return `${head} return value; }`;
  const step = isAlong ? 1 : lines;
  const text = [
    head,
    `  let r = ${isAlong ? `lane % ${size}u` : `lane / ${lines}u`};`,
    `  let first = lane - r * ${step}u;`,
    '  workgroupBarrier();',
    '  scratch[lane] = value;',
    '  workgroupBarrier();',
  ];
  if (size > radix) {
    text.push(
      `  let part = ${pairwise(merge, radix, (i) => `scratch[lane - (r % ${radix}u) * ${step}u + ${i * step}u]`)};`,
      '  workgroupBarrier();',
      `  if (r % ${radix}u == 0u) { scratch[first + r / ${radix}u * ${step}u] = part; }`,
      '  workgroupBarrier();',
    );
  }
  const left = size > radix ? size / radix : size;
  text.push(`  return ${pairwise(merge, left, (i) => `scratch[first + ${i * step}u]`)};`, '}');
  return text.join('\n');
}

/** An expression that merges `count` (a power of two) values as a tree. */
export function pairwise(merge: string, count: number, value: (i: number) => string): string {
  const tree = (from: number, size: number): string =>
    size === 1 ? value(from) : `${merge}(${tree(from, size / 2)}, ${tree(from + size / 2, size / 2)})`;
  return tree(0, count);
}
