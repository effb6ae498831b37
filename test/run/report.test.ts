/** The report's HTML as text: escaping, policy, what is embedded, and the numbers that need no script. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Snapshot } from '../../server/src/protocol.js';
import { EMBEDDED_BYTES, EMBEDDED_EXAMPLES, escapeHtml, reportHtml } from '../../server/src/run/report.js';
import { fixture, rowsFixture } from '../webview/fixture.js';

const EVIL = `</script><img src=x onerror="document.title='taken'">&'<!--`;

function embedded(html: string): Snapshot {
  const json = /<script type="application\/json" id="snapshot">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  return Snapshot.parse(JSON.parse(json));
}

const arrayBytes = (html: string, name: string): Buffer =>
  Buffer.from(new RegExp(`data-array="${name}"[^>]*>([^<]*)<`).exec(html)?.[1] ?? '', 'base64');

describe('reportHtml', () => {
  it('carries the snapshot and the arrays unchanged', () => {
    const { snapshot, arrays } = fixture(48, 100);
    const html = reportHtml(snapshot, arrays, '');
    expect(embedded(html)).toEqual(snapshot);
    for (const [name, values] of arrays) {
      expect(arrayBytes(html, name)).toEqual(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  });

  it('lets nothing run but the embedded script and style, and loads nothing', () => {
    const { snapshot, arrays } = fixture(1, 40);
    const html = reportHtml(snapshot, arrays, 'f("</script>");\r\ng("<!-- <script>");');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const script = /\n<script>(.*)<\/script>\n<\/body>/s.exec(html)?.[1] ?? '';
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(script).toBe('f("\\x3c/script>");\ng("\\x3c!-- <script>");');
    expect(policy).toBe(
      `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });

  it('keeps markup in names, texts and messages as text', () => {
    const { snapshot, arrays } = fixture(3, 40);
    const html = reportHtml(
      {
        ...snapshot,
        file: EVIL,
        documentation: EVIL,
        source: EVIL,
        data: snapshot.data.map(data => ({ ...data, names: [EVIL, EVIL, EVIL] })),
        expectations: snapshot.expectations.map(entry => ({ ...entry, text: EVIL, message: EVIL })),
        missing: [{ name: EVIL, kind: EVIL, reason: EVIL }],
      },
      arrays,
      '',
    );
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<!--');
    expect(embedded(html).data[0]?.names).toEqual([EVIL, EVIL, EVIL]);
    const elements = html.match(/<script\b/g)?.length;
    expect(elements).toBe(arrays.size + 2);
  });

  it('tells its main numbers without scripts', () => {
    const { snapshot, arrays } = fixture(48, 100);
    const plain = /<main id="plain">(.*?)<\/main>/s.exec(reportHtml(snapshot, arrays, ''))?.[1] ?? '';
    for (const text of [
      'expect gap.max &lt; 1%',
      '0.86\u00a0%',
      'not shown',
      '35.2\u00a0% to 38.8\u00a0%',
      '2\u202f048',
    ]) {
      expect(plain).toContain(text);
    }
    expect(plain).toContain('only 6 examples, 10 are needed');
    expect(plain).toContain('operator Erf at node /act/Erf');
  });

  it('embeds every n-th example where there are many, and keeps their whole number', () => {
    const { snapshot, arrays } = fixture(EMBEDDED_EXAMPLES + 500, 20);
    const html = reportHtml(snapshot, arrays, '');
    const [data] = embedded(html).data;
    const rows = Math.ceil((EMBEDDED_EXAMPLES + 500) / 2);
    expect(data).toMatchObject({ examples: EMBEDDED_EXAMPLES + 500, step: 2 });
    expect(data?.names).toEqual(snapshot.data[0]?.names.filter((_, row) => row % 2 === 0));
    expect(data?.labels).toHaveLength(rows);
    expect(arrayBytes(html, 'predictions')).toHaveLength(rows * 4);
    const scores = arrays.get('ig.scores') as Float32Array;
    const last = arrayBytes(html, 'ig.scores').subarray(-80);
    expect(arrayBytes(html, 'ig.scores')).toHaveLength(rows * 20 * 4);
    expect(new Float32Array(new Uint8Array(last).buffer)).toEqual(
      scores.slice((2 * rows - 2) * 20, (2 * rows - 1) * 20),
    );
  });

  it('stays small whatever there is: 10,000 sequences of 1,000, a wide table, and both', () => {
    const { snapshot, arrays } = fixture(10_000, 1000);
    const wide = rowsFixture().snapshot.tables[1]!;
    const side = 300;
    const axes = [wide.axes[0]!, { name: 'gene', size: side }, { name: 'gene', size: side }];
    const names = Array.from({ length: 100 }, (_, row) => `cell ${row}`);
    const html = reportHtml(
      { ...snapshot, tables: [{ ...wide, axes, rows: names }] },
      new Map(arrays).set(wide.values, new Float32Array(100 * side * side)),
      '',
    );
    expect(html.length).toBeLessThan((EMBEDDED_BYTES * 4) / 3 + 1e6);
    expect(html.length).toBeGreaterThan(EMBEDDED_BYTES);
    const { data, tables } = embedded(html);
    expect(data[0]!.names.length).toBeGreaterThan(900);
    expect(arrayBytes(html, wide.values)).toHaveLength(tables[0]!.rows.length * side * side * 4);
  });
});

describe('escapeHtml', () => {
  it('leaves no character that could end a text or an attribute, and loses nothing', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const escaped = escapeHtml(text);
        const back = escaped
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&');
        return !/[<>"']/.test(escaped) && back === text;
      }),
      { seed: 7 },
    );
  });
});
