// npm run docs: the reference of every entry point and the manual, as typedoc.json has it. Warnings are errors there.
import { Application } from 'typedoc';
import { readEntryPoints } from './entryPoints.ts';

const app = await Application.bootstrapWithPlugins({ entryPoints: readEntryPoints().map(({ source }) => source) });
const project = await app.convert();
if (project) {
  app.validate(project);
  await app.generateOutputs(project);
}
if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
