/** The language server's entry: on the connection that the editor opened (ipc, or `--stdio`), with the engine beside it. */
import { fileURLToPath } from 'node:url';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node.js';
import { startServer } from './lsp/server.js';
import { Supervisor } from './run/supervisor.js';

const script = fileURLToPath(new URL('engine.js', import.meta.url));

startServer({
  lintPage: new URL('../docs/lints.md', import.meta.url).href,
  connection: createConnection(ProposedFeatures.all),
  startEngine: node => new Supervisor({ script, ...(node !== undefined && { node }) }),
});
