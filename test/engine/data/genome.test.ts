/** Bases by range: files written by the letter of their formats, samtools, and genes that are known. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromosomeSizes } from '../../../server/src/engine/data/chromosome-sizes.js';
import { LETTERS } from '../../../server/src/engine/data/examples.js';
import type { Genome } from '../../../server/src/engine/data/genome.js';
import { IndexedFasta } from '../../../server/src/engine/data/indexed-fasta.js';
import { TwoBit } from '../../../server/src/engine/data/twobit.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const YEAST = join(import.meta.dirname, '../../../../shared/data/genomes/sacCer3.2bit');
const SAMTOOLS = spawnSync('samtools', ['--version']).status === 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explainome-genome-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A 2bit file of version 0 or 1, with masked runs that a reader must step over. */
function twoBit(sequences: Readonly<Record<string, string>>, little: boolean, version: 0 | 1): Buffer {
  const u32 = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => (little ? bytes.writeUInt32LE(value, 4 * i) : bytes.writeUInt32BE(value, 4 * i)));
    return bytes;
  };
  const runs = (text: string, letter: RegExp): [number, number][] =>
    [...text.matchAll(letter)].map(({ index, 0: run }) => [index, run.length]);
  const records = Object.values(sequences).map(text => {
    const unknown = runs(text, /N+/gi);
    const masked = runs(text, /[a-z]+/g);
    const packed = Buffer.alloc(Math.ceil(text.length / 4));
    [...text.toUpperCase()].forEach((base, at) => {
      packed[at >> 2]! |= Math.max(0, 'TCAG'.indexOf(base)) << (6 - 2 * (at % 4));
    });
    const block = (all: [number, number][]): Buffer =>
      u32(all.length, ...all.map(([start]) => start), ...all.map(([, size]) => size));
    return Buffer.concat([u32(text.length), block(unknown), block(masked), u32(0), packed]);
  });
  const names = Object.keys(sequences);
  let offset = 16 + names.reduce((sum, name) => sum + 1 + name.length + (version === 1 ? 8 : 4), 0);
  const index = names.map((name, i) => {
    const wide = little ? [offset, 0] : [0, offset];
    offset += records[i]!.length;
    return Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(name),
      version === 1 ? u32(...wide) : u32(offset - records[i]!.length),
    ]);
  });
  return Buffer.concat([u32(0x1a412743, version, names.length, 0), ...index, ...records]);
}

/** Random bases with runs of N and of lower case. */
function chromosome(length: number, seed: number): string {
  const random = new Stream(seed, 'chromosome');
  let text = '';
  while (text.length < length) {
    const run = Array.from({ length: 1 + random.integer(40) }, () => 'ACGT'[random.integer(4)]!).join('');
    const kind = random.integer(6);
    text += kind === 0 ? 'N'.repeat(run.length) : kind === 1 ? run.toLowerCase() : run;
  }
  return text.slice(0, length);
}

const SEQUENCES = { chr1: chromosome(1003, 1), 'chrUn:1': chromosome(61, 2), chrM: chromosome(4, 3) };

const text = (codes: Uint8Array): string => Array.from(codes, code => LETTERS[code]).join('');

/** Every range is that of the sequence in memory. */
async function expectSequences(genome: Genome, sequences: Readonly<Record<string, string>>): Promise<void> {
  expect([...genome.chromosomes]).toEqual(Object.keys(sequences));
  for (const [name, letters] of Object.entries(sequences)) {
    expect(await genome.size(name)).toBe(letters.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(letters.length), fc.nat(letters.length), async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect(text(await genome.read(name, start, end))).toBe(letters.slice(start, end).toUpperCase());
      }),
      { seed: 1, numRuns: 60 },
    );
  }
  expect(await genome.size('none')).toBeUndefined();
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Failure ? error.problem.code : String(error);
}

describe('2bit', () => {
  it.each([
    [true, 0],
    [false, 0],
    [true, 1],
    [false, 1],
  ] as const)('little-endian %s, version %i', async (little, version) => {
    const path = join(folder, `genome${little}${version}.2bit`);
    await writeFile(path, twoBit(SEQUENCES, little, version));
    const genome = await TwoBit.open(path);
    await expectSequences(genome, SEQUENCES);
    await genome.close();
    expect(await chromosomeSizes(path)).toEqual(
      new Map(Object.entries(SEQUENCES).map(([name, letters]) => [name, letters.length])),
    );
  });

  it('answers damage with a failure, in bounded memory', async () => {
    const whole = twoBit(SEQUENCES, true, 0);
    const path = join(folder, 'damaged.2bit');
    const random = new Stream(7, 'damage');
    for (let run = 0; run < 600; run++) {
      const bytes = Buffer.from(whole.subarray(0, run % 2 === 0 ? random.integer(whole.length) : whole.length));
      for (let flip = 0; flip < 4 && bytes.length > 0; flip++)
        bytes[random.integer(Math.min(bytes.length, 200))] = random.integer(256);
      await writeFile(path, bytes);
      const work = async (): Promise<void> => {
        const genome = await TwoBit.open(path);
        try {
          for (const name of genome.chromosomes) await genome.read(name, 0, Math.min(50, (await genome.size(name))!));
        } finally {
          await genome.close();
        }
      };
      expect(await refusal(work())).toMatch(/^(undefined|data\/(not|damaged)-2bit)$/);
    }
  });

  it.skipIf(!existsSync(YEAST))(
    'yeast: sizes of sacCer3, a telomere, and the gene of actin on the minus strand',
    async () => {
      const genome = await TwoBit.open(YEAST);
      expect(await genome.size('chrI')).toBe(230218);
      expect(await genome.size('chrM')).toBe(85779);
      expect(text(await genome.read('chrI', 0, 32))).toBe('CCACACCACACCCACACACCCACACACCACAC');
      // YFL039C ends at chrVI:54696; its first exon is ten bases long.
      const pairs: Readonly<Record<string, string>> = { A: 'T', C: 'G', G: 'C', T: 'A' };
      const actin = [...text(await genome.read('chrVI', 54676, 54696))].reverse().map(base => pairs[base]!);
      expect(actin.join('')).toBe('ATGGATTCTGGTATGTTCTA');
      await genome.close();
    },
  );
});

describe('indexed FASTA', () => {
  /** Lines of 60 and the index as samtools writes it. */
  function fasta(lineEnd = '\n'): { body: string; fai: string } {
    let body = '';
    let fai = '';
    for (const [name, letters] of Object.entries(SEQUENCES)) {
      body += `>${name} of a test${lineEnd}`;
      fai += `${name}\t${letters.length}\t${body.length}\t60\t${60 + lineEnd.length}\n`;
      body += (letters.match(/.{1,60}/g) ?? []).map(line => line + lineEnd).join('');
    }
    return { body, fai };
  }

  it.each(['\n', '\r\n'])('plain, lines that end in %j', async lineEnd => {
    const path = join(folder, `plain${lineEnd.length}.fa`);
    const { body, fai } = fasta(lineEnd);
    await writeFile(path, body);
    expect(await refusal(IndexedFasta.open(path))).toBe('data/no-index');
    await writeFile(`${path}.fai`, fai);
    const genome = await IndexedFasta.open(path);
    await expectSequences(genome, SEQUENCES);
    await genome.close();
    expect([...(await chromosomeSizes(`${path}.fai`)).values()]).toEqual([1003, 61, 4]);
    await writeFile(`${path}.fai`, fai.replace('\t61\t', '\t6100\t'));
    const stale = await IndexedFasta.open(path);
    expect(await refusal(stale.read('chrUn:1', 0, 300))).toBe('data/index');
    await stale.close();
  });

  it('does not follow an index that is older than its file', async () => {
    const path = join(folder, 'changed.fa');
    const { body, fai } = fasta();
    await writeFile(`${path}.fai`, fai);
    const at = body.indexOf('\n') + 100;
    const read = async (changed: string, name: string): Promise<string> => {
      await writeFile(path, changed);
      const genome = await IndexedFasta.open(path);
      try {
        return await refusal(genome.read(name, 0, 4));
      } finally {
        await genome.close();
      }
    };
    const inserted = `${body.slice(0, at)}A${body.slice(at)}`;
    const deleted = body.slice(0, at) + body.slice(at + 1);
    for (const changed of [inserted, deleted, body.replace('>chrM', '>chrN')]) {
      // In `chr1` itself only its end is another.
      expect(await read(changed, 'chr1')).toBe(changed.includes('>chrN') ? 'undefined' : 'data/index');
      expect(await read(changed, 'chrM')).toBe('data/index');
    }
    expect(await read(body.replace('>chr1', '>chr2'), 'chr1')).toBe('data/index');
    expect(await read(body.trimEnd(), 'chrM')).toBe('undefined');
  });

  /** Blocks of gzip with their sizes in the extra field BC, and an empty one at the end. */
  function bgzip(body: string): Buffer {
    const blocks = [...(body.match(/[^]{1,30000}/g) ?? []), ''].map(part => {
      const data = deflateRawSync(part);
      const block = Buffer.alloc(18 + data.length + 8);
      block.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 66, 67, 2, 0]);
      block.writeUInt16LE(block.length - 1, 16);
      block.set(data, 18);
      block.writeUInt32LE(crc32(part), 18 + data.length);
      block.writeUInt32LE(part.length, 22 + data.length);
      return block;
    });
    return Buffer.concat(blocks);
  }

  it.skipIf(!SAMTOOLS)('compressed in several blocks and indexed by samtools', async () => {
    const long = { big: chromosome(150_000, 9), small: chromosome(500, 10) };
    const path = join(folder, 'zipped.fa.gz');
    const lines = (letters: string): string => (letters.match(/.{1,70}/g) ?? []).join('\n');
    const body = Object.entries(long).map(([name, letters]) => `>${name}\n${lines(letters)}\n`);
    await writeFile(path, bgzip(body.join('')));
    execFileSync('samtools', ['faidx', path], { stdio: 'ignore' });
    const genome = await IndexedFasta.open(path);
    await expectSequences(genome, long);
    await genome.close();
  });
});
