import type { Palette } from '../page/palette.ts';
import type { Layout, Rectangle } from './layout.ts';
import type { Sight } from './sight.ts';

/** What of a sight is drawn. */
export interface Layers {
  readonly keys: boolean;
  readonly queries: boolean;
  readonly tiles: boolean;
}

/** Draws all tokens; without a sight, when the problem is refused, only where they stand. */
export function drawTokens(
  context: CanvasRenderingContext2D,
  { cells, labels }: Layout,
  { sight, query, layers, colors }: { sight: Sight | null; query: number; layers: Layers; colors: Palette },
): void {
  context.font = '12px system-ui, sans-serif';
  context.fillStyle = colors.soft;
  for (const { text, x, y } of labels) context.fillText(text, x, y);
  cells.forEach((cell, i) => {
    const gap = cell.width > 9 ? 1 : 0.5;
    const box = inset(cell, gap);
    const tile = layers.tiles ? (sight?.keyTiles[i] ?? -1) : -1;
    if (tile >= 0) fill(context, cell, 0, tile % 2 === 0 ? colors.tile : colors['tile-other']);
    const isKey = layers.keys && sight?.keys[i];
    fill(context, box, 2, isKey ? colors.sees : tile >= 0 ? 'transparent' : colors.cell);
    if (layers.queries && sight?.queries[i]) dot(context, cell, isKey ? colors.paper : null, colors.seen);
    if (layers.tiles && sight?.tile[i]) outline(context, inset(cell, gap + 0.5), 1.5, colors.ink);
  });
  const own = cells[query];
  if (!own || !sight) return;
  fill(context, inset(own, 0.5), 2, colors.ink);
  if (layers.queries) dot(context, own, colors.paper, colors.seen);
}

function fill(context: CanvasRenderingContext2D, box: Rectangle, radius: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, Math.min(radius, box.width / 4));
  context.fill();
}

function outline(context: CanvasRenderingContext2D, box: Rectangle, width: number, color: string): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, 2);
  context.stroke();
}

/** A dot in the middle, with a ring that keeps it apart from what is under it. */
function dot(context: CanvasRenderingContext2D, cell: Rectangle, ring: string | null, color: string): void {
  const radius = Math.max(1.5, Math.min(cell.width, cell.height) * 0.2);
  const circle = (size: number, style: string): void => {
    context.fillStyle = style;
    context.beginPath();
    context.arc(cell.x + cell.width / 2, cell.y + cell.height / 2, size, 0, 2 * Math.PI);
    context.fill();
  };
  if (ring) circle(radius + 1, ring);
  circle(radius, color);
}

function inset({ x, y, width, height }: Rectangle, by: number): Rectangle {
  return { x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}
