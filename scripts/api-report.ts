// Compares the public surface of each entry point with its report in api/; --update rewrites the reports.
import { ConsoleMessageId, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEntryPoints, type EntryPoint } from './entryPoints.ts';

const update = process.argv.includes('--update');

/** Whether the declarations that an entry point ships match `api/<entry>.api.md`. */
function matches({ name, types }: EntryPoint): boolean {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: process.cwd(),
      mainEntryPointFilePath: resolve(types),
      compiler: { tsconfigFilePath: resolve('tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFolder: resolve('api'),
        reportTempFolder: resolve('temp/api'),
        reportFileName: `${name.replaceAll('/', '-')}.api.md`,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        // Documentation is typedoc's to check, and so are types that users meet but cannot name: it sees all entries at once.
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve('package.json'),
  });
  return Extractor.invoke(config, {
    localBuild: update,
    messageCallback(message) {
      if (message.messageId === String(ConsoleMessageId.Preamble)) message.logLevel = ExtractorLogLevel.None;
    },
  }).succeeded;
}

mkdirSync('api', { recursive: true });
const differing = readEntryPoints().filter((entry) => !matches(entry));
if (differing.length > 0) {
  console.error('The public surface differs from api/. If that is meant: npm run api, and commit the reports.');
  process.exitCode = 1;
}
