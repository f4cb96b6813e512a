/** What a report tells. */
export interface Report {
  readonly title: string;
  /** How the run ended. */
  readonly result: string;
  readonly settings: Readonly<Record<string, number>>;
  /** The text of an SVG file. */
  readonly charts: string;
  /** Names of pictures in the run's folder. */
  readonly pictures: readonly string[];
}

/** A page that says what was run and how it went, without scripts. */
export function renderReport({ title, result, settings, charts, pictures }: Report): string {
  const rows = Object.entries(settings).map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`);
  const images = pictures.map((name) => `<img src="${escape(name)}" alt="${escape(name)}">`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: white }
  th { text-align: left; font-weight: normal; padding-right: 2rem }
  td { text-align: right; font-variant-numeric: tabular-nums }
  img, svg { max-width: 100%; height: auto }
</style>
<h1>${escape(title)}</h1>
<p>${escape(result)}</p>
<table>${rows.join('')}</table>
${images.join('\n')}
${charts}
</html>
`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character]!);
