/** The bytes of one build of AssemblyScript `sources` (path to text); what `entries` export become kernels. */
export function compileKernels(
  sources: ReadonlyMap<string, string>,
  entries: readonly string[],
): Promise<Uint8Array<ArrayBuffer>>;
/** The paths of those sources that have kernels in them. */
export function entriesOf(sources: ReadonlyMap<string, string>): string[];
/** Path to text of every AssemblyScript file under kernels/. */
export function readSources(): Map<string, string>;
