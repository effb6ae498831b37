/** Editor services answer anywhere in any half-written text. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { open } from '../memory.js';

const SOUND = readFileSync(join(import.meta.dirname, '../fixture/ctcf.xome'), 'utf8');

test('completion, hover, signature help, outline, tokens and formatting never throw', async () => {
  const edit = fc.record({
    at: fc.nat({ max: SOUND.length }),
    cut: fc.nat({ max: 30 }),
    word: fc.constantFrom('', '(', ')', '"', '{', '[', ': ', ' | ', ' of ', 'expect a.', '\n', '///', '%', 'x'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), fc.nat(), async (edits, at) => {
      const text = edits.reduce(
        (current, { at, cut, word }) => current.slice(0, at) + word + current.slice(at + cut),
        SOUND,
      );
      const { workspace, document } = await open(text);
      const { lsp } = workspace.xome;
      const textDocument = { uri: document.uri.toString() };
      const position = document.textDocument.positionAt(at % (text.length + 1));
      await lsp.CompletionProvider?.getCompletion(document, { textDocument, position });
      await lsp.HoverProvider?.getHoverContent(document, { textDocument, position });
      await lsp.SignatureHelp?.provideSignatureHelp(document, { textDocument, position });
      await lsp.SemanticTokenProvider?.semanticHighlight(document, { textDocument });
      await lsp.DocumentLinkProvider?.getDocumentLinks(document, { textDocument });
      await lsp.Formatter?.formatDocument(document, { textDocument, options: { tabSize: 2, insertSpaces: true } });
      const symbols = await lsp.DocumentSymbolProvider?.getSymbols(document, { textDocument });
      // Editors refuse symbols without a name and selections outside of their range.
      for (const { name, range, selectionRange } of symbols ?? []) {
        expect(name).not.toBe('');
        expect(selectionRange.start.line).toBeGreaterThanOrEqual(range.start.line);
        expect(selectionRange.end.line).toBeLessThanOrEqual(range.end.line);
      }
    }),
    { seed: 1, numRuns: 30 },
  );
});
