/** Where files for the benchmark of readers are made, and how ours and those of the field are timed: processor seconds, median of five. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEntry } from '../../server/src/catalog/index.js';
import { readSource } from '../../server/src/engine/data/sources.js';
import type { Json } from '../../server/src/protocol.js';

const REPEATS = 5;
const folder = mkdtempSync(join(tmpdir(), 'bench-readers-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

export const place = (name: string): string => join(folder, name);

export function make(name: string, content: string | Uint8Array): string {
  writeFileSync(place(name), content);
  return place(name);
}

export const repeat = <Made>(count: number, of: (at: number) => Made): Made[] =>
  Array.from({ length: count }, (_, at) => of(at));

/** A program of the field that does the same, or the nearest to it; `undefined` where it is not installed. */
export interface Judge {
  readonly what: string;
  readonly seconds: () => number | undefined | Promise<number | undefined>;
}

export interface Reader {
  readonly what: string;
  readonly amount: number;
  readonly unit: string;
  readonly read: () => unknown;
  readonly beside?: Judge;
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1]!;

export async function seconds(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < REPEATS; run++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1e6);
  }
  return median(times);
}

/** A command; what it writes to its output is thrown away. */
export function program(what: string, name: string, ...given: readonly string[]): Judge {
  const script = 'TIMEFORMAT="%U %S"; { time "$0" "$@" >/dev/null 2>&1; } 2>&1';
  const once = (): number => {
    const { status, stdout } = spawnSync('bash', ['-c', script, name, ...given], { encoding: 'utf8' });
    const [user, system] = stdout.split(' ').map(Number);
    return status === 0 ? user! + system! : NaN;
  };
  return {
    what,
    seconds: () => {
      const time = median(repeat(REPEATS, once));
      return time > 0 ? time : undefined;
    },
  };
}

/** A statement of Python after its imports, timed inside so that the start is not counted. */
export function python(what: string, imports: string, statement: string): Judge {
  const script = `import statistics, time, timeit
print(statistics.median(timeit.repeat(${JSON.stringify(statement)}, ${JSON.stringify(imports)}, time.process_time, ${REPEATS}, 1)))`;
  const run = (name: string): number => Number(spawnSync(name, ['-c', script], { encoding: 'utf8' }).stdout || NaN);
  return { what, seconds: () => ['/usr/bin/python3', 'python3'].map(run).find(Number.isFinite) };
}

/** Reads files of the workshop by a source of the language with its defaults. */
export function source(
  name: string,
  given: Readonly<Record<string, Json>>,
  ...files: readonly string[]
): () => unknown {
  const defaults = Object.entries(findEntry('source', name)!.parameters).flatMap(([parameter, { default: value }]) =>
    value === undefined ? [] : [[parameter, value as Json] as const],
  );
  const call = { call: name, category: 'source', parameters: { ...Object.fromEntries(defaults), ...given } } as const;
  const paths = Object.fromEntries(files.map(file => [file, place(file)]));
  return () => readSource(call, paths);
}

const rate = (amount: number, unit: string, time: number): string => `${(amount / time).toPrecision(3)} ${unit}/s`;

export async function measure({ what, amount, unit, read, beside }: Reader): Promise<void> {
  const ours = rate(amount, unit, await seconds(read));
  const time = await beside?.seconds();
  const theirs = !beside ? '' : `${beside.what}: ${time === undefined ? 'not installed' : rate(amount, unit, time)}`;
  console.log(`| ${what.padEnd(56)} | ${ours.padEnd(24)} | ${theirs} |`);
}
