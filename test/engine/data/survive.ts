/** Readers that are given damaged copies of a file: each answers with a value or a failure, soon and in little memory. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { Failure } from '../../../server/src/engine/failure.js';
import { damage, damaged, type Damage } from './damage.js';

/** Damaged copies of each reader's files; `npm run fuzz` tries 10,000. */
export const CASES = Number(process.env['FUZZ_CASES'] ?? 100);
const PLENTY = 1000;

/** Processor time of one case, and memory that one may ask for, whether it is written to or not. */
const SECONDS = 5;
const BYTES = 2 ** 30;

export interface Fragile {
  readonly name: string;
  /** Whole files by their paths in a folder. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** How they are packed once they are damaged; as they are where absent. */
  readonly pack?: (path: string, bytes: Buffer) => Uint8Array;
  /** Whether reading changes the files. */
  readonly changes?: boolean;
  /** The ways to read them; every one is tried at every case. */
  readonly read: (folder: string) => readonly (() => Promise<unknown>)[];
  /** Errors beside `Failure` with which it may answer. */
  readonly errors?: readonly (abstract new (...given: never[]) => Error)[];
}

/** The most that a case took. */
interface Worst {
  seconds: number;
  bytes: number;
}

/** Largest resident set (bytes) of the process since `forgetPeak`, where the system counts it (Linux); else since it began. */
export function peak(): number {
  try {
    return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}

export function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Another system: the peak is that of all readers so far.
  }
}

/** @returns what is wrong with how a reader took its files; undefined where it gave a value or a failure with a code */
async function defectOf(
  work: () => Promise<unknown>,
  worst: Worst,
  errors: NonNullable<Fragile['errors']>,
): Promise<string | undefined> {
  const begun = process.cpuUsage();
  const before = process.memoryUsage();
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) {
      if (error.problem.code === '' || error.message.length > 1000) return `no good message: ${error.message}`;
    } else if (!errors.some(kind => error instanceof kind))
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(begun);
  const after = process.memoryUsage();
  const seconds = (user + system) / 1e6;
  const bytes = Math.max(after.arrayBuffers - before.arrayBuffers, after.rss - before.rss);
  worst.seconds = Math.max(worst.seconds, seconds);
  worst.bytes = Math.max(worst.bytes, bytes);
  if (seconds > SECONDS) return `it took ${seconds.toFixed(1)} s`;
  return bytes > BYTES ? `it took ${Math.round(bytes / 2 ** 20)} MiB` : undefined;
}

/** Damages files in every way, and reads the whole ones before and behind that. */
export async function survive({
  name,
  files,
  pack = (_, bytes) => bytes,
  changes = false,
  read,
  errors = [],
}: Fragile): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    const whole = Object.entries(files);
    const written = new Map<string, Uint8Array>();
    const write = (contents: readonly (readonly [string, Uint8Array])[]): void =>
      contents.forEach(([path, bytes]) => {
        if (!changes && written.get(path) === bytes) return;
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), pack(path, Buffer.from(bytes)));
        written.set(path, bytes);
      });
    const ways = read(folder);
    write(whole);
    const expected = await Promise.all(ways.map(way => way()));
    const worst = { seconds: 0, bytes: 0 };
    const run = async (hurt: readonly Damage[]): Promise<void> => {
      const changed = whole.map(([path, bytes], at) => {
        const own = hurt.filter(one => one.file % whole.length === at);
        return [path, own.length === 0 ? bytes : own.reduce(damaged, Buffer.from(bytes))] as const;
      });
      write(changed);
      for (const way of ways) expect(await defectOf(way, worst, errors)).toBeUndefined();
    };
    const begun = performance.now();
    const before = process.memoryUsage.rss();
    forgetPeak();
    const cases = fc.array(damage, { minLength: 1, maxLength: 3 });
    // A case is small as it is, and one that takes long is not worth many more.
    await fc.assert(fc.asyncProperty(cases, run), { seed: 11, numRuns: CASES, endOnFailure: true });
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    const largest = peak();
    if (CASES >= PLENTY) {
      const most = `slowest ${Math.round(1000 * worst.seconds)} ms, largest ${Math.round(worst.bytes / 2 ** 20)} MiB`;
      const resident = `the process ${Math.round(largest / 2 ** 20)} MiB`;
      process.stderr.write(`${name}: ${CASES} cases in ${seconds} s, ${most}, ${resident}\n`);
    }
    // Memory that was given back before its case ended counts too.
    expect(largest - before).toBeLessThan(BYTES);
    // The next file that is whole is read as if nothing had been.
    write(whole);
    expect(await Promise.all(ways.map(way => way()))).toEqual(expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
