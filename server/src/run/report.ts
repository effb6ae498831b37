/**
 * The self-contained HTML report: one file without a single outside reference, for sharing and archiving. Its numbers
 * are plain HTML tables, so that it can be read without scripts; the script of the results view, embedded beside the
 * snapshot and the arrays, replaces them by the drawn report.
 *
 * Names come from other people's files: text is escaped, data blocks cannot end early, and the content security policy
 * (CSP Level 3, hash sources) lets only the embedded script and style run.
 */
import { createHash } from 'node:crypto';
import { arrayNames, quantity, type Snapshot } from '../protocol.js';

/** Examples of a data set in a report at most; it says which are left out. */
export const EMBEDDED_EXAMPLES = 2000;
/** Bytes of all arrays in a report: with letters for bytes the file stays below 40 MB, whatever the results. */
export const EMBEDDED_BYTES = 28_000_000;

/** An array of the snapshot as the store holds it: scores and predictions, or letters. */
export type ReportArray = Float32Array | Uint8Array;

/**
 * @param snapshot everything that the report shows
 * @param arrays the arrays that the snapshot names, rows first: [example, position] or [example]
 * @param script the bundled results view, `dist/webview/report.js`
 * @returns one HTML document
 */
export function reportHtml(snapshot: Snapshot, arrays: ReadonlyMap<string, ReportArray>, script: string): string {
  const embedded = cut(snapshot, arrays);
  const code = script.replace(/\r\n?/g, '\n').replace(/<(?=\/script|!--)/gi, '\\x3c');
  const policy = [
    `default-src 'none'`,
    `script-src '${hash(code)}'`,
    `style-src '${hash(STYLE)}'`,
    // Drawings of the page become pictures on their way to a file.
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  const blocks = [...embedded.arrays].map(
    ([name, values]) =>
      `<script type="application/octet-stream;base64" data-array="${escapeHtml(name)}" data-type="${
        values instanceof Uint8Array ? 'uint8' : 'float32'
      }">${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')}</script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(snapshot.file)} · Explainome report</title>
<style>${STYLE}</style>
</head>
<body>
${plainReport(snapshot)}
<script type="application/json" id="snapshot">${JSON.stringify(embedded.snapshot).replaceAll('<', '\\u003c')}</script>
${blocks.join('\n')}
<script>${code}</script>
</body>
</html>
`;
}

/** The text with the five characters replaced that mean something in HTML text and quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, character => names[character] ?? character);
}

/** The part of the results that a report carries. */
interface Embedded {
  readonly snapshot: Snapshot;
  readonly arrays: ReadonlyMap<string, ReportArray>;
}

/**
 * Leaves examples out where all would not fit: what remains is spaced evenly, because files are often sorted by class. Tables
 * keep their first rows. `examples` and the sizes of axes stay the whole numbers, by which the views tell that something is left out.
 */
function cut(snapshot: Snapshot, arrays: ReadonlyMap<string, ReportArray>): Embedded {
  const kept = new Map<string, ReportArray>();
  const share = EMBEDDED_BYTES / Math.max(1, snapshot.data.length + snapshot.tables.length);
  const bytesOf = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (arrays.get(name)?.byteLength ?? 0), 0);
  const keep = (names: readonly string[], total: number, step: number, rows: number): void => {
    for (const name of names) {
      const values = arrays.get(name);
      if (values) kept.set(name, everyNth(values, values.length / Math.max(1, total), step, rows));
    }
  };
  const data = snapshot.data.map(set => {
    const names = [...arrayNames({ data: [set], maps: snapshot.maps.filter(map => map.data === set.key), tables: [] })];
    const total = set.names.length;
    const most = Math.min(EMBEDDED_EXAMPLES, Math.max(1, Math.floor((share * total) / Math.max(1, bytesOf(names)))));
    const step = Math.max(1, Math.ceil(total / most));
    const isKept = (_: unknown, row: number): boolean => row % step === 0;
    const shown = set.names.filter(isKept);
    keep(names, total, step, shown.length);
    return {
      ...set,
      names: shown,
      ...(step > 1 && { step }),
      ...(set.labels && { labels: set.labels.filter(isKept) }),
    };
  });
  const tables = snapshot.tables.map(result => {
    const names = [...arrayNames({ data: [], maps: [], tables: [result] })];
    const total = result.rows.length;
    const rows = Math.min(total, Math.max(1, Math.floor((share * total) / Math.max(1, bytesOf(names)))));
    keep(names, total, 1, rows);
    const motifs = result.motifs && { ...result.motifs, rows: result.motifs.rows.slice(0, rows) };
    return { ...result, rows: result.rows.slice(0, rows), ...(motifs && { motifs }) };
  });
  return { snapshot: { ...snapshot, data, tables }, arrays: kept };
}

/** Rows 0, step, 2 step … of an array whose rows have `width` values, as many as asked for. */
function everyNth(values: ReportArray, width: number, step: number, rows: number): ReportArray {
  if (step === 1) return values.subarray(0, rows * width);
  const chosen = values.slice(0, rows * width);
  for (let row = 0; row < rows; row++)
    chosen.set(values.subarray(row * step * width, (row * step + 1) * width), row * width);
  return chosen;
}

/** The numbers of the report as tables: what is left where scripts do not run, and what a text browser reads. */
function plainReport(snapshot: Snapshot): string {
  const statistics = new Map(
    snapshot.metrics.flatMap(metric =>
      metric.statistics.map(entry => [`${metric.name}.${entry.name}`, entry] as const),
    ),
  );
  const expectations = snapshot.expectations.map(entry => {
    const statistic = statistics.get(`${entry.metric}.${entry.statistic}`);
    const show = (value: number): string => quantity(value, statistic?.unit ?? 'logit');
    return [
      entry.outcome,
      entry.text,
      entry.value === undefined ? '' : show(entry.value),
      entry.interval ? `${show(entry.interval[0])} to ${show(entry.interval[1])}` : (statistic?.withheld ?? ''),
      entry.message,
    ];
  });
  const metrics = snapshot.metrics.flatMap(metric =>
    metric.statistics.map(entry => [
      `${metric.name}.${entry.name}`,
      quantity(entry.value, entry.unit),
      entry.interval
        ? `${quantity(entry.interval[0], entry.unit)} to ${quantity(entry.interval[1], entry.unit)}`
        : (entry.withheld ?? ''),
      quantity(entry.n, 'count'),
      entry.better === 'neither' ? '' : `${entry.better} is better`,
      entry.summary,
    ]),
  );
  return `<main id="plain">
<h1>${escapeHtml(snapshot.file)}</h1>
<noscript><p>Pictures need JavaScript. The numbers below do not.</p></noscript>
${snapshot.documentation === undefined ? '' : `<p>${escapeHtml(snapshot.documentation)}</p>`}
<h2>Expectations</h2>
${plainTable(['outcome', 'expectation', 'value', 'interval', 'message'], expectations)}
<h2>Measurements</h2>
${plainTable(['statistic', 'value', '95 % interval', 'n', 'direction', 'meaning'], metrics)}
${
  snapshot.missing.length === 0
    ? ''
    : `<h2>Missing</h2>\n${plainTable(
        ['declaration', 'kind', 'reason'],
        snapshot.missing.map(entry => [entry.name, entry.kind, entry.reason]),
      )}`
}
${
  snapshot.methods === undefined
    ? ''
    : `<h2>Methods</h2>
<pre>${escapeHtml(snapshot.methods)}</pre>`
}
<h2>Experiment</h2>
<pre>${escapeHtml(snapshot.source)}</pre>
</main>`;
}

function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map(cell => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div><table>\n<thead>${line(head, 'th')}</thead>\n<tbody>\n${rows.map(row => line(row, 'td')).join('\n')}\n</tbody>\n</table></div>`;
}

const hash = (text: string): string => `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;

/** Style of the plain part only; the script brings its own. */
const STYLE = `
#plain { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 14px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
#plain div { overflow-x: auto; }
#plain table { border-collapse: collapse; }
#plain th, #plain td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
#plain td { border-top: 1px solid color-mix(in srgb, currentcolor 20%, transparent); }
#plain pre { white-space: pre-wrap; }
`;
