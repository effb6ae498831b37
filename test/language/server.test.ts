/** The language server over a pair of streams, as an editor talks to it. */
import { DocumentState, URI } from 'langium';
import { startLanguageServer } from 'langium/lsp';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node.js';
import type { Connection } from 'vscode-languageserver/node.js';
import { CancellationTokenSource } from 'vscode-languageserver';
import type {
  CompletionList,
  Diagnostic,
  InitializeResult,
  PublishDiagnosticsParams,
  SelectionRange,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import { checkHeadersWhenIdle } from '../../server/src/language/editor/idle-headers.js';
import type { HeaderReader } from '../../server/src/language/headers.js';
import { serveSelectionRanges } from '../../server/src/language/editor/selection-ranges.js';
import { answerWhileTyping } from '../../server/src/language/editor/while-typing.js';
import { createXomeServices } from '../../server/src/language/module.js';
import { MemoryFiles, PRELUDE } from './memory.js';

const connections: Connection[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.dispose();
});

/** A server over files in memory and the editor's end of its connection. */
function serve(headers?: HeaderReader) {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(toServer),
    new StreamMessageWriter(toClient),
  );
  const files = new Map([
    ['/w/ctcf.onnx', ''],
    ['/w/peaks.fa', ''],
  ]);
  const { shared, xome } = createXomeServices(
    { connection, fileSystemProvider: () => new MemoryFiles(files) },
    headers,
  );
  if (headers !== undefined) checkHeadersWhenIdle(shared);
  serveSelectionRanges(shared);
  startLanguageServer(shared);
  answerWhileTyping(connection, shared, xome);
  const client = createConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
  const published: Diagnostic[][] = [];
  client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    if (params.uri === 'file:///w/main.xome') published.push(params.diagnostics);
  });
  client.listen();
  connections.push(client, connection);
  return { client, published, shared };
}

async function start(client: Connection, text: string): Promise<InitializeResult> {
  const result = await client.sendRequest<InitializeResult>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {},
    workspaceFolders: null,
  });
  await client.sendNotification('initialized', {});
  await client.sendNotification('textDocument/didOpen', {
    textDocument: { uri: 'file:///w/main.xome', languageId: 'xome', version: 1, text },
  });
  return result;
}

const codes = (diagnostics: Diagnostic[] | undefined) => diagnostics?.map(({ code }) => code);

test('offers its services and publishes what it finds', async () => {
  const { client, published } = serve();
  const { capabilities } = await start(client, `${PRELUDE}data x = peaks | take(0)`);
  expect(capabilities).toMatchObject({
    completionProvider: {},
    hoverProvider: true,
    renameProvider: { prepareProvider: true },
    documentFormattingProvider: true,
    signatureHelpProvider: {},
    semanticTokensProvider: {},
    codeActionProvider: {},
    definitionProvider: true,
    documentSymbolProvider: {},
    selectionRangeProvider: true,
  });
  await expect.poll(() => codes(published.at(-1))).toEqual(['value/range']);
});

test('headers are checked after the text, and what they show comes on top', async () => {
  const { client, published } = serve({
    describe: call =>
      Promise.resolve(
        call.call === 'fasta'
          ? { is: 'data', examples: 1, complete: true, alphabet: 'dna', length: [80, 80], notes: [] }
          : undefined,
      ),
  });
  await start(client, `${PRELUDE}data x = peaks | take(0)\nattribution a = saliency of binding on peaks`);
  await expect.poll(() => codes(published.at(-1)), { timeout: 5000 }).toEqual(['value/range', 'data/length']);
  expect(codes(published[0])).toEqual(['value/range']);
});

test('a header that never comes holds nothing up', async () => {
  const { client, published } = serve({ describe: () => new Promise(() => undefined) });
  await start(client, PRELUDE);
  await expect.poll(() => published.length).toBeGreaterThan(0);
  // Long enough for the slow checks to be waiting.
  await new Promise(settle => setTimeout(settle, 500));
  await client.sendNotification('textDocument/didChange', {
    textDocument: { uri: 'file:///w/main.xome', version: 2 },
    contentChanges: [{ text: `${PRELUDE}data x = peaks | take(0)` }],
  });
  await expect.poll(() => codes(published.at(-1)), { timeout: 3000 }).toEqual(['value/range']);
});

test('completion reads what is being typed, and does not wait for a build', async () => {
  const { client, published, shared } = serve();
  await start(client, PRELUDE);
  await expect.poll(() => published.length).toBe(1);
  let end = (): void => undefined;
  const building = shared.workspace.WorkspaceLock.write(() => new Promise<void>(ended => (end = ended)));
  const at = { line: PRELUDE.split('\n').length - 1, character: 0 };
  const typed = 'metric m = compl';
  await client.sendNotification('textDocument/didChange', {
    textDocument: { uri: 'file:///w/main.xome', version: 2 },
    contentChanges: [{ range: { start: at, end: at }, text: typed }],
  });
  const { items } = await client.sendRequest<CompletionList>('textDocument/completion', {
    textDocument: { uri: 'file:///w/main.xome' },
    position: { ...at, character: typed.length },
  });
  expect(items.map(({ label }) => label)).toContain('completeness');
  expect(published).toHaveLength(1);
  end();
  await building;
  await expect.poll(() => codes(published.at(-1)), { timeout: 5000 }).toContain('name/unknown');
});

test('a check that was stopped halfway is finished when typing has paused', async () => {
  const { client, published, shared } = serve({ describe: () => Promise.resolve(undefined) });
  await start(client, PRELUDE);
  await expect.poll(() => published.length).toBeGreaterThan(0);
  const uri = URI.parse('file:///w/main.xome');
  const { WorkspaceLock: lock, DocumentBuilder: builder, LangiumDocuments: documents } = shared.workspace;
  // As the lock of another check stops this one.
  const stopped = new CancellationTokenSource();
  stopped.cancel();
  await lock.write(() => builder.update([uri], [], stopped.token)).catch(() => undefined);
  expect(documents.getDocument(uri)?.state).toBe(DocumentState.Changed);
  await expect.poll(() => documents.getDocument(uri)?.state, { timeout: 5000 }).toBe(DocumentState.Validated);
});

test('a selection grows from the word to the document', async () => {
  const { client } = serve();
  const line = 'attribution a = saliency of binding on peaks';
  await start(client, `${PRELUDE}${line}`);
  const at = { line: PRELUDE.split('\n').length - 1, character: line.indexOf('ncy of') };
  const [selected] = await client.sendRequest<SelectionRange[]>('textDocument/selectionRange', {
    textDocument: { uri: 'file:///w/main.xome' },
    positions: [at],
  });
  const grown: string[] = [];
  const lines = `${PRELUDE}${line}`.split('\n');
  for (let range = selected; range; range = range.parent) {
    const { start, end } = range.range;
    grown.push(start.line === end.line ? lines[start.line]!.slice(start.character, end.character) : 'document');
  }
  expect(grown).toEqual(['saliency', 'saliency of binding on peaks', line, 'document']);
});

test('symbols of the workspace are declarations, not names of the catalog', async () => {
  const { client, published } = serve();
  await start(client, `${PRELUDE}attribution saliency_map = saliency of binding on peaks`);
  await expect.poll(() => published.length).toBeGreaterThan(0);
  const symbols = await client.sendRequest<WorkspaceSymbol[]>('workspace/symbol', { query: 'saliency' });
  expect(symbols.map(({ name }) => name)).toEqual(['saliency_map']);
});
