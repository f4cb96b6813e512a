const names = ['ink', 'soft', 'line', 'paper', 'cell', 'sees', 'seen', 'tile', 'tile-other'] as const;

export type Palette = Readonly<Record<(typeof names)[number], string>>;

/** The page's colours as they are now, light or dark. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette;
}

/** Calls back when the page turns dark or light. */
export function onPaletteChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}
