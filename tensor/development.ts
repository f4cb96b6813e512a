const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};

/** Whether checks are wanted that cost time: `NODE_ENV=development` or `VICINAL_DEBUG=1`. */
export const isDevelopment = environment['NODE_ENV'] === 'development' || Boolean(environment['VICINAL_DEBUG']);
