// npm run docs: the reference of every entry point and the manual, as typedoc.json has it. Warnings are errors there. With --check
// nothing is written.
import { readdirSync } from 'node:fs';
import { Application, Converter, ReflectionKind, type CommentDisplayPart } from 'typedoc';
import type { DocumentReflection, ProjectReflection } from 'typedoc';
import { readEntryPoints } from './entryPoints.ts';

/** The guides in the order in which they are read; pages that are not named here come last. */
const order = [
  'start',
  'tensors',
  'devices',
  'memory',
  'training',
  'distributed',
  'attention',
  'own-ops',
  'testing',
  'pytorch',
  'natten',
];
const place = (page: string): number => (order.includes(page) ? order.indexOf(page) : order.length);
const pages = readdirSync('manual')
  .flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -3)] : []))
  .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
const entries = readEntryPoints();

const app = await Application.bootstrapWithPlugins({
  entryPoints: entries.map(({ source }) => source),
  projectDocuments: pages.map((page) => `manual/${page}.md`),
});

const heading = /^# (.+)\n+/;

/** A page is called by its first heading. */
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document: DocumentReflection) => {
  const found = heading.exec(document.content[0]?.text ?? '');
  if (!found) throw new Error(`the page ${document.name} of the manual does not begin with a heading`);
  document.name = found[1]!;
});

/** Entry points are called as they are imported, and the project's name is not said twice. */
function name({ children = [], readme = [] }: ProjectReflection): void {
  for (const module of children) {
    const entry = entries.find(({ source }) => source.replace(/(\/index)?\.ts$/, '') === module.name);
    if (module.kind === ReflectionKind.Module && entry) module.name = entry.name;
  }
  const first: CommentDisplayPart | undefined = readme[0];
  if (first) first.text = first.text.replace(heading, '');
}

const project = await app.convert();
if (project) {
  name(project);
  app.validate(project);
  if (!process.argv.includes('--check')) await app.generateOutputs(project);
}
if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
