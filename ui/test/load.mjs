// Lets tests import the TypeScript sources: Node 20 cannot read them by itself, Vite's runner can.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

export const load = async (path) => (await runnerImport(root + path, { root, configFile: false, logLevel: 'error' })).module;
