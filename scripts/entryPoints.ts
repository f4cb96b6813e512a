import { readFileSync } from 'node:fs';

export interface EntryPoint {
  /** As users import it: `vicinal/nn`. */
  readonly name: string;
  /** Its file in the repository: `nn/index.ts`. */
  readonly source: string;
  /** Its declarations in the built package: `dist/nn/index.d.ts`. */
  readonly types: string;
}

const manifest = new URL('../package.json', import.meta.url);

/** The package's entry points, from `exports` of package.json: the one list that every tool here goes by. */
export function readEntryPoints(): EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports: Record<string, { types?: string }> };
  return Object.entries(exports).flatMap(([path, { types }]) =>
    types
      ? [
          {
            name: path.replace('.', 'vicinal'),
            source: types.replace('./dist/', '').replace('.d.ts', '.ts'),
            types: types.replace('./', ''),
          },
        ]
      : [],
  );
}
