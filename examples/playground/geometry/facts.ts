import type { TileCount } from 'vicinal/kernels';
import { element } from '../page/element.ts';
import { find } from '../page/find.ts';
import { percent, whole } from '../page/numbers.ts';
import type { Sight } from './sight.ts';

const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;

/** Writes the numbers of the whole problem. */
export function showWork({ visitedExact, visitedAligned, dense, usefulShare }: TileCount): void {
  const bar = find('share-bar', HTMLElement);
  bar.setAttribute('aria-label', `${percent(usefulShare)} useful work`);
  (bar.firstElementChild as HTMLElement).style.width = `${100 * usefulShare}%`;
  find('share-number', HTMLElement).textContent = percent(usefulShare);
  const rows: [string, number, string][] = [
    ['tiles of keys visited', visitedExact, 'from the first key that the query tile sees'],
    ['on NATTEN’s grid', visitedAligned, 'key tiles begin with the dilation group'],
    ['by dense attention', dense, 'all there are'],
  ];
  find('geometry-facts', HTMLElement).replaceChildren(
    ...rows.flatMap(([term, value, meaning]) => [
      element('dt', {}, term, element('small', {}, meaning)),
      element('dd', {}, whole(value)),
    ]),
  );
}

/** The picture in words. */
export function describeSight(query: readonly number[], { keys, queries, tile, visits }: Sight): string {
  const place = query.length === 1 ? String(query[0]) : `(${query.join(', ')})`;
  const [seen, seeing, inTile] = [count(keys), count(queries), count(tile)];
  return (
    `Query ${place} sees ${seen} of ${keys.length} keys; ${seeing} ${seeing === 1 ? 'query sees' : 'queries see'} it. ` +
    `Its tile of ${inTile} ${inTile === 1 ? 'query' : 'queries'} visits ${visits} ${visits === 1 ? 'tile' : 'tiles'} of keys.`
  );
}
