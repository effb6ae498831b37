/** Intervals cut from a genome: which bases, on which strand, and what is refused. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LETTERS, type Examples } from '../../../server/src/engine/data/examples.js';
import { reverseComplement } from '../../../server/src/engine/data/windows.js';
import { regionOf } from '../../../server/src/engine/data/region.js';
import { describeSource, readSource } from '../../../server/src/engine/data/sources.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Json } from '../../../server/src/protocol.js';
import { call } from '../methods/workbench.js';

const GENOME = 'ACGTTGCAAGGCTTAACCGTNNATCGATTGCA';
let folder: string;
const files: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explainome-intervals-'));
  await file('genome.fa', `>c\n${GENOME}\n`);
  await writeFile(join(folder, 'genome.fa.fai'), `c\t${GENOME.length}\t3\t${GENOME.length}\t${GENOME.length + 1}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const hash = createHash('sha256').update(name).update(content).digest('hex');
  files[hash] = join(folder, name);
  await writeFile(files[hash], content);
  return hash;
}

async function source(bed: string | Buffer, given: Record<string, Json> = {}) {
  const genome = call('genome', 'indexed_fasta', { path: await file('genome.fa', `>c\n${GENOME}\n`) });
  return call('source', 'intervals', { path: await file('in.bed', bed), genome, ...given });
}

async function read(bed: string | Buffer, given: Record<string, Json> = {}): Promise<Examples> {
  return readSource(await source(bed, given), files);
}

function sequencesOf(examples: Examples): string[] {
  if (examples.alphabet !== 'dna') throw new Error('expected sequences');
  const letters = Array.from(examples.letters, code => LETTERS[code] ?? '-').join('');
  return examples.names.map((_, row) => letters.slice(row * examples.length, (row + 1) * examples.length));
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Failure
    ? `${error.problem.code} ${error.problem.place?.split(', ')[1] ?? ''}`
    : String(error);
}

describe('intervals', () => {
  it('are cut as they stand, the minus strand reversed and complemented, under names that say their place', async () => {
    const bed = '# a comment\ntrack name=x\nc\t0\t5\tone\t0\t+\n\nc\t10\t15\ttwo\t0\t-\r\nc 3 8\n';
    for (const content of [bed, gzipSync(bed)]) {
      const examples = await read(content, { label: 1 });
      expect(sequencesOf(examples)).toEqual([GENOME.slice(0, 5), 'TAAGC', GENOME.slice(3, 8)]);
      expect(examples.names).toEqual(['c:0-5(+)', 'c:10-15(-)', 'c:3-8']);
      expect(examples.labels).toEqual([1, 1, 1]);
      expect(examples.notes.map(note => note.code)).toEqual(['data/strand']);
      expect(examples.names.map(name => regionOf(name, 5)?.start)).toEqual([0, 10, 3]);
    }
    expect(sequencesOf(await read(bed, { strand: 'forward' }))[1]).toBe(GENOME.slice(10, 15));
  });

  it.each([
    ['center', 4, 'c:8-12(+)'],
    ['center', 5, 'c:8-13(+)'],
    ['summit', 4, 'c:11-15(+)'],
    ['summit', 5, 'c:11-16(+)'],
    ['start', 4, 'c:4-8(+)'],
  ])('are resized around their %s to %i', async (around, length, name) => {
    const examples = await read('c\t6\t15\tp\t0\t+\t1\t2\t3\t7\n', { length, around });
    expect(examples.names).toEqual([name]);
    const { start, end } = regionOf(name, length)!;
    expect(sequencesOf(examples)).toEqual([GENOME.slice(start, end)]);
  });

  it('follow the policies for edges and ambiguity codes, and count', async () => {
    const bed = 'c\t1\t3\nc\t18\t24\nc\t24\t28\n';
    const given = { length: 6, around: 'center' };
    expect(await refusal(read(bed, given))).toBe('data/edge line 1');
    const dropped = await read(bed, { ...given, edges: 'drop', ambiguous: 'drop' });
    expect(dropped.names).toEqual(['c:23-29']);
    expect(dropped.notes.map(note => note.code)).toEqual(['data/edge', 'data/ambiguous']);
    expect(sequencesOf(await read('c\t18\t24\n', { ambiguous: 'zeros' }))).toEqual(['GT--AT']);
    expect(await refusal(read('c\t18\t24\n', { ambiguous: 'error' }))).toBe('data/ambiguous line 1');
  });

  it('are taken as real files have them, and what is left out is counted', async () => {
    const bed = '\uFEFFchrc\t3\t3\tinsertion\t0\tcoding\t0\t0\t0\tfoo\nc\t1\t4\nc\t2\t3\nd\t0\t3\nc\t30\t40\n';
    const given = { length: 3, around: 'center', strand: 'forward', edges: 'drop', unplaced: 'drop' };
    const { names, notes, origins } = await read(bed, given);
    expect(names).toEqual(['c:2-5', 'c:1-4', 'c:1-4']);
    expect(origins.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(notes.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'data/unplaced 1 of 5 intervals lie on chromosomes that the genome does not have (d) and were left out.',
      'data/edge 1 of 5 intervals reach over the end of a chromosome and were left out. 1 end there in the file already: is it of the same assembly?',
      'data/duplicate-names 1 of 5 intervals repeat another one.',
      'data/chromosome-names Spelt otherwise in the genome: chrc (there c).',
    ]);
  });

  it.each([
    ['c\t0\t5\nc\t5\t4\n', {}, 'data/bed line 2'],
    ['c\t0\tfive\n', {}, 'data/bed line 1'],
    ['c\t0\t5\tn\t0\tplus\n', {}, 'data/bed line 1'],
    ['c\t0\t5\nc\t5\t11\n', {}, 'data/unequal-lengths line 2'],
    ['d\t0\t5\n', {}, 'data/chromosome line 1'],
    ['d\t0\t5\n', { unplaced: 'drop' }, 'data/empty '],
    ['c\t0\t500\n', {}, 'data/edge line 1'],
    ['c\t0\t500\n', { edges: 'drop' }, 'data/empty '],
    ['c\t3\t3\n', {}, 'data/bed line 1'],
    ['c\t6\t15\tp\t0\t+\t1\t2\t3\t7\n', { length: 4 }, 'data/around line 1'],
    ['c\t6\t15\tp\t0\t+\t1\t2\t3\t-1\n', { length: 4, around: 'summit' }, 'data/no-summit line 1'],
    ['c\t6\t15\tp\t0\t+\t1\t2\t3\t9\n', { length: 4, around: 'summit' }, 'data/bed line 1'],
    ['# nothing\n', {}, 'data/empty '],
  ])('%j with %j is refused', async (bed, given, code) => {
    expect(await refusal(read(bed, given as Record<string, Json>))).toBe(code);
  });

  it('are described without the genome', async () => {
    const bed = 'c\t0\t5\nc\t5\t11\n';
    expect(await describeSource(await source(bed), files)).toMatchObject({
      examples: 2,
      complete: true,
      length: [5, 6],
    });
    expect(await describeSource(await source(bed, { length: 3 }), files)).toMatchObject({ length: [3, 3] });
  });
});

it('the reverse complement of every IUPAC letter is that of its bases', () => {
  const codes = Uint8Array.from([...LETTERS].keys());
  const complements = Array.from(reverseComplement(codes), code => LETTERS[code])
    .reverse()
    .join('');
  expect(complements).toBe('TGCAYRSWMKVHDBN');
});
