/**
 * A headless Chromium for tests: takes pictures of reports and asks them questions. The report sits in a frame, because
 * the window of a headless browser cannot be as narrow as a panel.
 */
import { buildSync } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inflateSync } from 'node:zlib';

const CANDIDATES = [
  process.env['CHROME'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a Chromium, from `CHROME` or the usual places. */
export const chromium = CANDIDATES.find(path => path !== undefined && existsSync(path));

export type Scheme = 'light' | 'dark';

/** The bundled report script, as it is shipped. */
export function reportScript(): string {
  const entry = fileURLToPath(new URL('../../webview/src/report.ts', import.meta.url));
  const built = buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
  });
  return built.outputFiles[0]?.text ?? '';
}

/** Colours of a picture's pixels, `#rrggbb`, counted. */
export function pixels(html: string, width: number, height: number, scheme: Scheme): Map<string, number> {
  return inFrame(html, width, height, (page, folder) => {
    const file = join(folder, 'picture.png');
    run(scheme, [`--window-size=${Math.max(width, 500)},${height}`, `--screenshot=${file}`, page]);
    return countColours(readFileSync(file), width);
  });
}

/**
 * Draws a report and runs `question` (JavaScript, the body of an async function) in it; gives its answer.
 *
 * @param report makes the report's HTML around a script: the question has to be part of the script, since the report's
 *   content security policy allows no other code. `violations` counts what the policy has refused so far.
 */
export function ask(report: (script: string) => string, width: number, question: string): unknown {
  const before = `let violations = 0; addEventListener('securitypolicyviolation', () => violations++);`;
  const after = `(async () => {
    await new Promise(drawn => setTimeout(drawn, 500));
    const answer = await (async () => { ${question} })();
    const bytes = new TextEncoder().encode(JSON.stringify(answer));
    parent.postMessage(btoa(String.fromCharCode(...bytes)), '*');
  })();`;
  return inFrame(report(`${before}\n${reportScript()}\n${after}`), width, 900, page => {
    const dom = run('light', ['--dump-dom', page]);
    const answer = /<pre id="answer">([^<]+)<\/pre>/.exec(dom)?.[1];
    if (answer === undefined) throw new Error(`The report gave no answer to: ${question}`);
    return JSON.parse(Buffer.from(answer, 'base64').toString('utf8')) as unknown;
  });
}

function inFrame<Result>(
  html: string,
  width: number,
  height: number,
  act: (page: string, folder: string) => Result,
): Result {
  const folder = mkdtempSync(join(tmpdir(), 'explainome-report-'));
  try {
    writeFileSync(join(folder, 'report.html'), html);
    const page = join(folder, 'frame.html');
    writeFileSync(
      page,
      `<!doctype html><body style="margin:0"><pre id="answer"></pre>
<iframe src="report.html" style="position:absolute;inset:0;border:0;width:${width}px;height:${height}px"></iframe>
<script>addEventListener('message', event => { document.getElementById('answer').textContent = event.data; });</script>`,
    );
    return act(pathToFileURL(page).href, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(scheme: Scheme, last: readonly string[]): string {
  if (chromium === undefined) throw new Error('No Chromium: set CHROME to its path.');
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--virtual-time-budget=4000',
    `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
  ];
  return execFileSync(chromium, [...options, ...last], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Decodes an 8-bit RGB or RGBA PNG without interlacing (ISO/IEC 15948), the only form Chromium writes. */
export function countColours(png: Buffer, columns: number): Map<string, number> {
  const width = png.readUInt32BE(16);
  const channels = png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const counts = new Map<string, number>();
  let above = new Uint8Array(stride);
  for (let start = 0; start < raw.length; start += stride + 1) {
    const filter = raw[start] ?? 0;
    const line = new Uint8Array(raw.subarray(start + 1, start + 1 + stride));
    for (let index = 0; index < stride; index++) {
      const left = line[index - channels] ?? 0;
      const up = above[index] ?? 0;
      const corner = above[index - channels] ?? 0;
      line[index] = (line[index] ?? 0) + predicted(filter, left, up, corner);
    }
    for (let column = 0; column < columns; column++) {
      const colour = `#${Buffer.from(line.subarray(column * channels, column * channels + 3)).toString('hex')}`;
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    above = line;
  }
  return counts;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
