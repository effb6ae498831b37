/** The language server: the language's services on the connection that the editor opened (ipc, or `--stdio`). */
import { startLanguageServer } from 'langium/lsp';
import { NodeFileSystem } from 'langium/node';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node.js';
import { createXomeServices } from './language/module.js';

const connection = createConnection(ProposedFeatures.all);
const { shared } = createXomeServices({ connection, ...NodeFileSystem });
startLanguageServer(shared);
