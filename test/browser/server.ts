import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};
/** Paths that begin so are files of these folders. */
const dist = { '/dist/': join(root, 'dist') };

export interface Server {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  close(): void;
}

/** Serves `files` (text by path) and folders (by the beginning of their paths) on this machine, all with the same headers. */
export function serve(
  files: Readonly<Record<string, string>>,
  headers: Record<string, string>,
  folders: Readonly<Record<string, string>> = dist,
): Promise<Server> {
  const requests: string[] = [];
  const server = createServer(({ url: path = '/' }, response) => {
    requests.push(path);
    const body = files[path] ?? fileIn(folders, path);
    const type = types[extname(path)] ?? 'text/plain';
    response.writeHead(body === null ? 404 : 200, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers });
    response.end(body);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ origin: `http://127.0.0.1:${port}`, requests, close: () => void server.close() });
    });
  });
}

function fileIn(folders: Readonly<Record<string, string>>, path: string): Buffer | null {
  for (const [begin, folder] of Object.entries(folders)) {
    const file = join(folder, path.slice(begin.length));
    if (path.startsWith(begin) && existsSync(file)) return readFileSync(file);
  }
  return null;
}
