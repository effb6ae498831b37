import fc from 'fast-check';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import {
  fromIupac,
  informationOf,
  parseMotifs,
  probabilities,
  readMotifs,
  reverseComplement,
  writtenMotif,
} from '../../../server/src/engine/data/motifs.js';
import { Failure } from '../../../server/src/engine/failure.js';

const JASPAR = '../shared/data/motifs/jaspar2016_core_vertebrates.pfm';
const folder = mkdtempSync(join(tmpdir(), 'motifs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** AGT with 10 sites. */
const AGT = [8, 0, 1, 1, 0, 0, 10, 0, 2, 2, 2, 4];

const LAYOUTS: Readonly<Record<string, string>> = {
  JASPAR: '>MA0001.1 X\nA  [ 8  0 2 ]\nC  [0 0 2]\nG[1 10 2]\nT  [1 0 4]\n',
  'JASPAR with CRLF, lower case, comment and byte order mark':
    '\uFEFF# from somewhere\r\n>MA0001.1\tX\r\na | 8 0 2\r\nc | 0 0 2\r\ng | 1 10 2\r\nt | 1 0 4\r\n',
  'PFM, rows without letters': '>MA0001.1 X\n8 0 2\n0 0 2\n1 10 2\n1 0 4',
  'PFM, a row for each position': '>MA0001.1 X\n8\t0\t1\t1\n0\t0\t10\t0\n2\t2\t2\t4\n',
  'rows in another order': '>MA0001.1 X\nT 1 0 4\nG 1 10 2\nC 0 0 2\nA 8 0 2',
  HOMER: '>MA0001.1\tX\t6.05\t-1000\t0\n0.8\t0.0\t0.1\t0.1\n0\t0\t1\t0\n.2\t.2\t2e-1\t.4\n',
  MEME: 'MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n\nMOTIF MA0001.1 X\n\nletter-probability matrix: alength= 4 w= 3 nsites= 10 E= 0\n 0.8 0 0.1 0.1\n 0 0 1 0\n 0.2 0.2 0.2 0.4\nURL http://jaspar\n',
};

describe('parseMotifs', () => {
  it.each(Object.entries(LAYOUTS))('reads %s', (_, text) => {
    const [motif, ...others] = parseMotifs(text, 'file');
    expect(others).toEqual([]);
    expect(motif).toMatchObject({ id: 'MA0001.1', name: 'X', width: 3 });
    probabilities(motif!).forEach((p, i) => expect(p).toBeCloseTo(AGT[i]! / 10, 12));
  });

  it('tells the sides of a 4 × 4 matrix by their sums, and refuses where they do not tell', () => {
    expect([...parseMotifs('>m\n4 0 0 1\n0 4 0 0\n0 0 4 0\n0 0 0 3\n', '')[0]!.matrix].slice(0, 4)).toEqual([
      4, 0, 0, 0,
    ]);
    expect([...parseMotifs('>m\n4 0 0 0\n0 4 0 0\n0 0 4 0\n1 0 0 3\n', '')[0]!.matrix].slice(12)).toEqual([1, 0, 0, 3]);
    expect(() => parseMotifs('>m\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n', 'f')).toThrow('cannot be told apart');
  });

  it.each([
    ['', 'an empty file'],
    ['<html>', 'XML or HTML'],
    ['MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n', 'the alphabet is ACDE'],
    ['MEME version 4\nMOTIF x\nletter-probability matrix: alength= 4 w= 2\n1 0 0 0\n', 'announces w= 2 and has 1 rows'],
    ['AC  M00001\n', '"AC  M00001"'],
    ['>x\nA 1 2\nC 1 2\nG 1\nT 1 2\n', '4 rows of 2, 1 numbers'],
    ['>x\nA 1\nA 1\nG 1\nT 1\n', 'rows A, A, G, T'],
    ['>x\n0.5 -1 0.2 0.3\n', 'log-odds'],
    ['>x\nA 1 0\nC 1 0\nG 1 0\nT 1 0\n', 'position 2 of the motif "x"'],
    ['>seq\nACGTACGT\n', 'found "ACGTACGT"'],
  ])('refuses %j by what it found', (text, message) => {
    expect(() => parseMotifs(text, 'file')).toThrow(message);
  });

  it('says where a motif is malformed', () => {
    const failure = (() => {
      try {
        parseMotifs('>ok\nA 1\nC 1\nG 1\nT 1\n\n>bad\nA 1\nC x\n', 'my.pfm');
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).problem).toMatchObject({ code: 'data/motif', place: 'my.pfm, line 9' });
  });

  it('answers damaged files with a failure and nothing else', () => {
    const texts = Object.values(LAYOUTS);
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (text, cut, at, by) => {
          const bytes = Buffer.from(text).subarray(0, 1 + (cut % Buffer.byteLength(text)));
          bytes[at % bytes.length]! ^= by;
          try {
            for (const motif of parseMotifs(bytes.toString(), 'f')) expect(motif.matrix).toHaveLength(4 * motif.width);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
      { seed: 3, numRuns: 3000 },
    );
  });
});

describe('readMotifs', () => {
  it('opens gzip by its first bytes and refuses binary and damaged files', async () => {
    const file = (name: string, bytes: string | Uint8Array): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const zipped = gzipSync(LAYOUTS['JASPAR']!);
    expect(await readMotifs(file('a.pfm', zipped))).toHaveLength(1);
    await expect(readMotifs(file('b', zipped.subarray(0, 30)))).rejects.toThrow('damaged or cut off');
    await expect(readMotifs(file('c', Uint8Array.of(1, 0, 2)))).rejects.toThrow('binary data');
    await expect(readMotifs(join(folder, 'none'))).rejects.toThrow('cannot read');
  });

  it.skipIf(!existsSync(JASPAR))('reads all of JASPAR 2016', async () => {
    const motifs = await readMotifs(JASPAR);
    expect(motifs).toHaveLength(519);
    expect(motifs.find(({ name }) => name === 'RUNX1')).toMatchObject({ id: 'MA0002.2', width: 11 });
    // Widths of the core motifs of Majdandzic et al. 2023.
    const widths = ['SP1', 'Gabpa', 'CEBPB', 'MAX', 'YY1'].map(name => writtenMotif(name, motifs).width);
    expect(widths).toEqual([11, 11, 10, 10, 12]);
  });
});

describe('matrices', () => {
  const motif = parseMotifs(LAYOUTS['JASPAR']!, '')[0]!;

  it('spread pseudocounts evenly over the bases', () => {
    [...probabilities(motif, 2)].forEach((p, i) => expect(p).toBeCloseTo((AGT[i]! + 0.5) / 12, 12));
    const meme = parseMotifs(LAYOUTS['MEME']!, '')[0]!;
    [...probabilities(meme, 2)].forEach((p, i) => expect(p).toBeCloseTo((AGT[i]! + 0.5) / 12, 12));
    expect(() => probabilities(parseMotifs(LAYOUTS['HOMER']!, '')[0]!, 2)).toThrow('how many sites');
  });

  it('turn around and come back', () => {
    const turned = reverseComplement(fromIupac('TGASTCW').matrix);
    expect(turned).toEqual(fromIupac('WGASTCA').matrix);
    expect(reverseComplement(turned)).toEqual(fromIupac('TGASTCW').matrix);
  });

  it('hold 2 bits for a base, 1 for two, none for N', () => {
    expect([...informationOf(fromIupac('ARN').matrix)]).toEqual([2, 1, 0]);
  });

  it('are found by name or identifier, or written', () => {
    expect(writtenMotif('x', [motif])).toBe(motif);
    expect(writtenMotif('ma0001.1', [motif])).toBe(motif);
    expect(() => writtenMotif('GATA', [motif])).toThrow('none of the 1 motifs of the file is called "GATA"');
    expect(() => writtenMotif('X', [motif, motif])).toThrow('2 motifs of the file are called "X"');
    expect(() => writtenMotif('ACX', undefined)).toThrow('"X" at position 3');
    expect(
      writtenMotif(
        [
          [1, 0, 0, 0],
          [0, 0, 3, 1],
        ],
        undefined,
      ),
    ).toMatchObject({ name: 'AG', width: 2 });
    expect(() => writtenMotif([[1, 0, 0]], undefined)).toThrow('position 1 of a matrix is [1, 0, 0]');
  });
});
