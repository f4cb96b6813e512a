/** A file of this folder: from the disk, or in a page from the server that the page came from. */
export async function readGolden(name: string): Promise<Uint8Array> {
  const address = new URL(name, import.meta.url);
  if (address.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return readFile(address);
  }
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.href} answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A JSON file of this folder. */
export async function readGoldenJson(name: string): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await readGolden(name)));
}
