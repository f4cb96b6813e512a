import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Where an npm package that holds data lies. @throws Error, one sentence, when it is not installed */
export function dataPackage(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch (error) {
    throw new Error(`the npm package ${name} is not installed; \`npm ci\` in the repository's root brings it`, {
      cause: error,
    });
  }
}
