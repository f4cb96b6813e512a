// Ours beside a peer or a limit, and beside what it is to reach.

import type { Case, Mark } from './case.ts';
import type { Figure } from './compare.ts';
import { units } from './case.ts';

/** One line of the comparison. */
export interface Verdict {
  readonly case: string;
  readonly ours: Figure;
  /** A peer's or a limit's figure; null for a mark that is a value. */
  readonly other: Figure | null;
  /** `fast`: how many times as fast ours is; `long`: how many times as long it takes. */
  readonly ratio: { readonly median: number; readonly best: number; readonly as: 'fast' | 'long' } | null;
  readonly mark: { readonly goal: number; readonly met: 'met' | 'best only' | 'MISSED'; readonly by: number } | null;
}

/** What a figure says in a second: figures of one case, and rates of one unit, can be divided. */
function speed(figure: Figure, which: 'best' | 'median'): number {
  return units[figure.unit].isRate ? figure[which] : 1 / figure[which];
}

/** Judges a case: its marks, then the peers that no mark names. */
export function judge(entry: Case, figures: readonly Figure[]): Verdict[] {
  const marked = (entry.marks ?? []).flatMap((mark) => verdict(entry, mark, figures) ?? []);
  const isShown = (figure: Figure): boolean => marked.some(({ other }) => other === figure);
  const others = figures.filter((figure) => isPeer(figure) && !isShown(figure));
  return [...marked, ...others.flatMap((other) => besides(entry, other, figures) ?? [])];
}

const isPeer = ({ library }: Figure): boolean => library !== 'vicinal' && library !== 'limit';

/** Ours on the same Node beside a peer, with nothing to reach. */
function besides(entry: Case, other: Figure, figures: readonly Figure[]): Verdict | undefined {
  const node = other.node || Math.max(...figures.map((figure) => figure.node));
  const ours = find(figures, { case: entry.name, library: 'vicinal', node });
  if (!ours) return undefined;
  return { case: entry.name, ours, other, ratio: ratioOf(ours, other, 'fast'), mark: null };
}

function ratioOf(ours: Figure, other: Figure, as: 'fast' | 'long'): NonNullable<Verdict['ratio']> {
  const ratio = (which: 'best' | 'median'): number => {
    const faster = speed(ours, which) / speed(other, which);
    return as === 'fast' ? faster : 1 / faster;
  };
  return { median: ratio('median'), best: ratio('best'), as };
}

/** The figure of a library for a case, on one thread unless said; a library without a Node is on all of them. */
function find(
  figures: readonly Figure[],
  want: Pick<Figure, 'case' | 'library'> & { node: number; isWide?: boolean; threads?: number },
): Figure | undefined {
  return figures.find(
    (figure) =>
      figure.case === want.case &&
      figure.library === want.library &&
      (figure.node === 0 || figure.node === want.node) &&
      figure.isWide === (want.isWide ?? false) &&
      figure.threads === (want.threads ?? 1),
  );
}

/** What a mark is beside: ours on one thread, a peer on the same case, or another case of ours or a limit in the same process. */
function besideOf({ beside, isWide = false }: Mark, ours: Figure, figures: readonly Figure[]): Figure | undefined {
  const { case: name, node } = ours;
  if (beside === 'one thread') return find(figures, { case: name, library: 'vicinal', node, isWide });
  return (
    find(figures, { case: name, library: beside!, node }) ??
    find(figures, { case: beside!, library: 'limit', node }) ??
    find(figures, { case: beside!, library: 'vicinal', node, isWide })
  );
}

/** Nothing where one of the two is missing. */
function verdict(entry: Case, mark: Mark, figures: readonly Figure[]): Verdict | undefined {
  const { atLeast, atMost, threads = 1, isOld = false, isWide = false } = mark;
  const nodes = figures.map(({ node }) => node).filter((node) => node > 0);
  const node = isOld ? nodes.find((each) => each < Math.max(...nodes)) : Math.max(...nodes);
  const ours = node && find(figures, { case: entry.name, library: 'vicinal', node, isWide, threads });
  if (!ours) return undefined;
  const other = mark.beside === undefined ? null : besideOf(mark, ours, figures);
  if (other === undefined) return undefined;
  const goal = (atLeast ?? atMost)!;
  const ratio = other && ratioOf(ours, other, atLeast === undefined ? 'long' : 'fast');
  const short = (value: number): number => (atLeast === undefined ? value / goal - 1 : 1 - value / goal);
  const { median, best } = ratio ?? ours;
  const met = short(median) <= 0 ? 'met' : short(best) <= 0 ? 'best only' : 'MISSED';
  return { case: entry.name, ours, other, ratio, mark: { goal, met, by: short(median) } };
}
