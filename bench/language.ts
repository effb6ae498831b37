/**
 * How fast the language is: parsing and linking of 200 lines, diagnostics after the last key in 2,000 lines, what a key waits
 * for meanwhile, and every other request there. The server runs in a process of its own, as in an editor, without an engine.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmptyFileSystem, URI } from 'langium';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import type { Diagnostic } from 'vscode-languageserver';
import { createXomeServices } from '../server/src/language/module.js';
import { loadCatalog } from '../server/src/language/workspace.js';

const REPEATS = 50;
/** Repeats that warm the compiler up, as the first minute in an editor does. */
const WARM = 20;
const ROUNDS = 12;
const KEYS = 12;
/** Milliseconds between two keys of somebody who types fast. */
const KEY_MS = 80;

/** Twenty lines with names of their own, as an experiment has them. */
const block = (n: number): string => `/// Which bases does model ${n} rely on?
model  net_${n}   = onnx("model_${n}.onnx", input: dna(100))
target score_${n} = logit of net_${n}
data   peaks_${n} = simulate_motifs(["TGASTCA", "WGATAAR"], sequences: 500, positives: 100%, seed: ${n})
truth  sites_${n} = planted_motifs of peaks_${n}
reference shuffled_${n} = dinucleotide_shuffle(copies: 20, seed: ${n})
method path_${n} = integrated_gradients(baseline: shuffled_${n}, steps: auto, tolerance: 1%)

attribution raw_${n}    = saliency of score_${n} on peaks_${n}
attribution grad_${n}   = raw_${n} | simplex_correction
attribution smooth_${n} = smooth_grad(saliency, samples: 50, noise: 10%, seed: ${n}) of score_${n} on peaks_${n} | simplex_correction
attribution ig_${n}     = path_${n} of score_${n} on peaks_${n}
attribution ism_${n}    = in_silico_mutagenesis of score_${n} on peaks_${n}
metric gap_${n}   = completeness of ig_${n}
metric agree_${n} = rank_agreement(top: 10%) of ig_${n}, grad_${n}, ism_${n}
metric found_${n} = interpretability(truth: sites_${n}) of ig_${n}
expect gap_${n}.max < 1%
expect agree_${n}.median > 60% at 95%
expect found_${n}.auroc > 85% at 95%

`;
const document = (lines: number): string => Array.from({ length: lines / 20 }, (_, n) => block(n)).join('');

/** The smallest time that a share of all do not exceed. */
const quantile = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? NaN;
const rows: (readonly [what: string, times: readonly number[], limit: number])[] = [];

// ------------------------------------------------------------------------------------------------- parse and link
{
  const { shared } = createXomeServices(EmptyFileSystem);
  const { LangiumDocumentFactory: factory, LangiumDocuments: documents, DocumentBuilder: builder } = shared.workspace;
  await builder.build([loadCatalog(shared)]);
  const text = document(200);
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS + WARM; repeat++) {
    const uri = URI.parse(`file:///bench-${repeat}.xome`);
    const began = performance.now();
    const parsed = factory.fromString(text, uri);
    documents.addDocument(parsed);
    await builder.build([parsed]);
    if (repeat >= WARM) times.push(performance.now() - began);
    if (parsed.parseResult.parserErrors.length > 0) throw new Error('The text of the benchmark does not parse.');
    documents.deleteDocument(uri);
  }
  rows.push(['parse and link 200 lines', times, 30]);
}

// ----------------------------------------------------------------------------------------------------- the server
const server = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = createMessageConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
);
// The models exist, so that the text has no errors and what stands on an experiment without errors is measured too.
const folder = mkdtempSync(join(tmpdir(), 'explainome-bench-'));
for (let n = 0; n < 100; n++) writeFileSync(join(folder, `model_${n}.onnx`), '');
const uri = pathToFileURL(join(folder, 'bench.xome')).href;
let published: readonly Diagnostic[] = [];
let heard = (): void => undefined;
connection.onNotification('textDocument/publishDiagnostics', (params: { uri: string; diagnostics: Diagnostic[] }) => {
  if (params.uri === uri) published = params.diagnostics;
  heard();
});
for (const method of ['workspace/codeLens/refresh', 'workspace/inlayHint/refresh', 'client/registerCapability'])
  connection.onRequest(method, () => null);
connection.listen();
await connection.sendRequest('initialize', {
  processId: process.pid,
  rootUri: null,
  capabilities: { textDocument: { semanticTokens: {} } },
  initializationOptions: { trusted: false, engineNode: '', threads: 0 },
});
await connection.sendNotification('initialized', {});

const until = async (found: () => boolean): Promise<number> => {
  while (!found()) await new Promise<void>(resolve => (heard = resolve));
  return performance.now();
};
let text = document(2000);
let version = 1;
await connection.sendNotification('textDocument/didOpen', {
  textDocument: { uri, languageId: 'xome', version, text },
});
const position = (offset: number) => {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
};
await until(() => published.length > 0);

const delays: number[] = [];
const waits: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  // A word that is no name: its diagnostic tells of the last key.
  const word = `of nobody_${round}_`.padEnd(KEYS, 'x');
  const start = text.indexOf('of score_50', text.indexOf('attribution ig_50'));
  const place = position(start);
  let last = 0;
  for (const [index, key] of [...word].entries()) {
    const at = { line: place.line, character: place.character + index };
    await connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++version },
      contentChanges: [{ range: { start: at, end: at }, text: key }],
    });
    text = text.slice(0, start + index) + key + text.slice(start + index);
    last = performance.now();
    await connection.sendRequest('textDocument/completion', {
      textDocument: { uri },
      position: { line: at.line, character: at.character + 1 },
    });
    waits.push(performance.now() - last);
    await new Promise(resolve => setTimeout(resolve, Math.max(0, KEY_MS - (performance.now() - last))));
  }
  const name = word.slice(3);
  delays.push((await until(() => published.some(({ message }) => message.includes(name)))) - last);
  text = text.slice(0, start) + text.slice(start + word.length);
  await connection.sendNotification('textDocument/didChange', {
    textDocument: { uri, version: ++version },
    contentChanges: [
      { range: { start: place, end: { line: place.line, character: place.character + word.length } }, text: '' },
    ],
  });
  await until(() => !published.some(({ message }) => message.includes(name)));
}
rows.push(['diagnostics of 2,000 lines after the last key', delays, 600]);
rows.push(['completion at each key meanwhile', waits, 50]);

// ------------------------------------------------------------------------------------------------- other requests
const place = (part: string, within = 0) => position(text.indexOf(part) + within);
const range = { start: position(0), end: position(text.length) };
const options = { tabSize: 2, insertSpaces: true };
/** Each as an editor sends it, with the address of the document beside the rest. */
const requests: readonly (readonly [string, Record<string, unknown>])[] = [
  ['completion', { position: place('rank_agreement(top: 10%) of ig_70', 4) }],
  ['hover', { position: place('path_70 of', 2) }],
  ['signatureHelp', { position: place('rank_agreement(top: 10%) of ig_70', 16) }],
  ['definition', { position: place('path_70 of', 2) }],
  ['references', { position: place('score_70', 2), context: { includeDeclaration: true } }],
  ['rename', { position: place('score_70', 2), newName: 'another' }],
  ['documentHighlight', { position: place('score_70', 2) }],
  ['prepareRename', { position: place('score_70', 2) }],
  ['documentSymbol', {}],
  ['documentLink', {}],
  ['foldingRange', {}],
  ['selectionRange', { positions: [place('rank_agreement(top: 10%) of ig_70', 16)] }],
  ['semanticTokens/full', {}],
  ['codeLens', {}],
  ['inlayHint', { range }],
  [
    'codeAction',
    {
      range: { start: place('saliency of score_70'), end: place('saliency of score_70', 8) },
      context: { diagnostics: [] },
    },
  ],
  ['formatting', { options }],
  ['workspace/symbol', { query: 'score' }],
];
for (const [name, params] of requests) {
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const began = performance.now();
    const method = name.startsWith('workspace/') ? name : `textDocument/${name}`;
    await connection.sendRequest(method, { textDocument: { uri }, ...params });
    times.push(performance.now() - began);
  }
  rows.push([name, times, 50]);
}

await connection.sendRequest('shutdown');
await connection.sendNotification('exit');
rmSync(folder, { recursive: true });
console.log('| what | median ms | p99 ms | limit |\n| --- | ---: | ---: | ---: |');
for (const [what, times, limit] of rows) {
  const [half, most] = [quantile(times, 0.5), quantile(times, 0.99)];
  console.log(`| ${what} | ${half.toFixed(1)} | ${most.toFixed(1)} | ${limit}${most > limit ? ' ✗' : ''} |`);
}
