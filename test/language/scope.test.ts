/** Which names a file sees, and what happens when files change. */
import { AstUtils, URI } from 'langium';
import { describe, expect, test } from 'vitest';
import { CATALOG, KEYWORDS } from '../../server/src/catalog/index.js';
import { experimentOf, definitionsOf } from '../../server/src/language/imports.js';
import { isBuiltin } from '../../server/src/language/generated/ast.js';
import { loadCatalog } from '../../server/src/language/workspace.js';
import { findings, PRELUDE, workspaceOf } from './memory.js';

describe('the catalog document', () => {
  test('holds every name once and has no faults', async () => {
    const workspace = workspaceOf({ '/w/main.xome': PRELUDE });
    await workspace.open('/w/main.xome');
    const document = loadCatalog(workspace.shared);
    const names =
      experimentOf(document)
        ?.items.filter(isBuiltin)
        .map(({ name }) => name) ?? [];
    expect(names.toSorted()).toEqual([...new Set([...CATALOG.map(({ name }) => name), ...KEYWORDS])].toSorted());
    expect(findings(document)).toEqual([]);
  });
});

describe('scope', () => {
  test('two files with the same names do not see each other', async () => {
    const workspace = workspaceOf({
      '/w/a.xome': PRELUDE,
      '/w/b.xome': PRELUDE,
      '/w/c.xome': 'attribution x = saliency of binding on peaks',
    });
    const a = await workspace.open('/w/a.xome');
    const b = await workspace.open('/w/b.xome');
    const c = await workspace.open('/w/c.xome');
    expect([...findings(a), ...findings(b)]).toEqual([]);
    const model = definitionsOf(b)[1]?.value.subjects[0]?.callee.ref;
    expect(model && AstUtils.getDocument(model).uri.path).toBe('/w/b.xome');
    expect(findings(c)).toEqual(['name/unknown: binding', 'name/unknown: peaks']);
  });

  test('imports are direct: what an imported file imports is not visible, yet followed', async () => {
    const workspace = workspaceOf({
      '/w/models/base.xome': 'model ctcf = onnx("deep.onnx", dna(100))',
      '/w/targets.xome': 'import "models/base.xome"\ntarget binding = logit of ctcf',
      '/w/main.xome':
        'import "targets.xome"\ntarget again = logit of ctcf\ndata peaks = fasta("peaks.fa")\nattribution a = saliency of binding on peaks',
    });
    expect(findings(await workspace.open('/w/main.xome'))).toEqual(['name/unknown: ctcf']);
  });

  test('faulty imports', async () => {
    const workspace = workspaceOf({
      '/w/one.xome': 'data peaks = fasta("peaks.fa")',
      '/w/two.xome': 'data peaks = fasta("peaks.fa")',
      '/w/main.xome':
        'import "none.xome"\nimport "peaks.fa"\nimport "main.xome"\nimport "one.xome"\nimport "two.xome"\ndata peaks = fasta("peaks.fa")',
    });
    expect(findings(await workspace.open('/w/main.xome'))).toEqual([
      'import/missing: "none.xome"',
      'import/extension: "peaks.fa"',
      'import/itself: "main.xome"',
      'import/ambiguous: "two.xome"',
      'declaration/duplicate: peaks',
    ]);
  });

  test('files that import each other are no fault', async () => {
    const workspace = workspaceOf({
      '/w/a.xome': 'import "b.xome"\ndata x = y | take(5)',
      '/w/b.xome': 'import "a.xome"\ndata y = fasta("peaks.fa")',
    });
    expect(findings(await workspace.open('/w/a.xome'))).toEqual([]);
  });
});

describe('changes', () => {
  test('a change of an indirect import is felt', async () => {
    const workspace = workspaceOf({
      '/w/base.xome': 'model ctcf = onnx("ctcf.onnx", dna(100))',
      '/w/targets.xome': 'import "base.xome"\ntarget binding = logit of ctcf',
      '/w/main.xome':
        'import "targets.xome"\ndata s = simulate_motifs(["TGASTCA"], seed: 1)\nattribution a = saliency of binding on s',
    });
    const main = await workspace.open('/w/main.xome');
    expect(findings(main)).toEqual([]);
    await workspace.change('/w/base.xome', 'model ctcf = onnx("ctcf.onnx", dna(200))');
    expect(findings(main)).toEqual(['data/length: s']);
  });

  test('a file that appears ends the complaint about it', async () => {
    const workspace = workspaceOf({ '/w/main.xome': 'import "late.xome"' });
    const main = await workspace.open('/w/main.xome');
    expect(findings(main)).toEqual(['import/missing: "late.xome"']);
    await workspace.change('/w/late.xome', 'data peaks = fasta("peaks.fa")');
    expect(findings(main)).toEqual([]);
    expect(workspace.shared.workspace.LangiumDocuments.hasDocument(URI.file('/w/late.xome'))).toBe(true);
  });
});
