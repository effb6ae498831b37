/** The report's HTML as text: escaping, policy, what is embedded, and the numbers that need no script. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Snapshot } from '../../server/src/protocol.js';
import { EMBEDDED_EXAMPLES, EMBEDDED_VALUES, escapeHtml, reportHtml } from '../../server/src/run/report.js';
import { fixture } from '../webview/fixture.js';

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

  it('embeds the first examples only where there are many, and keeps their whole number', () => {
    const { snapshot, arrays } = fixture(EMBEDDED_EXAMPLES + 500, 20);
    const html = reportHtml(snapshot, arrays, '');
    const [data] = embedded(html).data;
    expect(data?.examples).toBe(EMBEDDED_EXAMPLES + 500);
    expect(data?.names).toEqual(snapshot.data[0]?.names.slice(0, EMBEDDED_EXAMPLES));
    expect(data?.labels).toHaveLength(EMBEDDED_EXAMPLES);
    expect(arrayBytes(html, 'peaks.letters')).toHaveLength(EMBEDDED_EXAMPLES * 20);
    expect(arrayBytes(html, 'ig.scores')).toHaveLength(EMBEDDED_EXAMPLES * 20 * 4);
    expect(arrayBytes(html, 'predictions')).toHaveLength(EMBEDDED_EXAMPLES * 4);
  });

  it('embeds fewer examples of long sequences', () => {
    const { snapshot, arrays } = fixture(30, 100_000);
    const rows = EMBEDDED_VALUES / 100_000;
    expect(embedded(reportHtml(snapshot, arrays, '')).data[0]?.names).toHaveLength(rows);
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
