import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LETTERS, NO_BASE, type Sequences } from '../../../server/src/engine/data/examples.js';
import { describeFasta, fasta } from '../../../server/src/engine/data/fasta.js';

const HASH = '0123456789abcdef'.repeat(4);
const PEAKS = join(import.meta.dirname, '../../../../shared/data/peaks/ctcf.fa.gz');
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'fasta-'))));
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Buffer, parameters: Partial<Parameters<typeof fasta.read>[0]> = {}) {
  const path = join(folder, 'test.fa');
  await writeFile(path, content);
  return fasta.read({ path: HASH, ambiguous: 'uniform', ...parameters }, { [HASH]: path });
}

function sequences(examples: Sequences): string[] {
  return examples.names.map((_, index) =>
    [...examples.letters.subarray(index * examples.length, (index + 1) * examples.length)]
      .map(code => (code === NO_BASE ? '.' : LETTERS[code]))
      .join(''),
  );
}

describe('fasta', () => {
  it('reads wrapped, soft-masked records with CRLF and blank lines', async () => {
    const examples = await read('>chr1:5-9  first\tone\r\nAC\r\ngt\r\n\r\n>b\r\nTTNr', { label: 1 });
    expect(examples.names).toEqual(['chr1:5-9 first one', 'b']);
    expect(sequences(examples)).toEqual(['ACGT', 'TTNR']);
    expect(examples.labels).toEqual([1, 1]);
    expect(examples.origins).toEqual([
      { source: '01234567', index: 0 },
      { source: '01234567', index: 1 },
    ]);
    expect(examples.notes.map(note => note.message)).toEqual([
      'The file has 2 ambiguous bases in 1 of 2 sequences; each became equal shares of the bases that it stands for.',
    ]);
  });

  it('reads back any records, whatever the compression, wrapping and line ends', async () => {
    const record = fc.array(fc.constantFrom(...LETTERS, ...LETTERS.toLowerCase()), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 13 }),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('plain', 'gzip', 'blocks'),
        async (records, width, end, form) => {
          const parts = records.map(
            (letters, index) =>
              `>r${index}${end}${letters.join('').replace(new RegExp(`.{1,${width}}`, 'g'), `$&${end}`)}`,
          );
          const content = {
            plain: () => parts.join(''),
            gzip: () => gzipSync(parts.join('')),
            blocks: () => Buffer.concat(parts.map(part => gzipSync(part))),
          }[form]();
          const expected = records.map(letters => letters.join('').toUpperCase());
          expect(sequences(await read(content))).toEqual(expected);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('follows the `ambiguous` rule and keeps the index in the file', async () => {
    const text = '>a\nACGT\n>b\nANRT\n>c\nTTTT\n';
    expect(sequences(await read(text, { ambiguous: 'zeros' }))).toEqual(['ACGT', 'A..T', 'TTTT']);
    const dropped = await read(text, { ambiguous: 'drop' });
    expect(dropped.names).toEqual(['a', 'c']);
    expect(dropped.origins.map(origin => origin.index)).toEqual([0, 2]);
    await expect(read(text, { ambiguous: 'error' })).rejects.toMatchObject({
      message: 'the record "b" has the ambiguity code N at base 2, which `ambiguous: error` forbids',
      problem: { code: 'data/ambiguous', place: expect.stringMatching(/test\.fa, line 3$/) },
    });
  });

  it('reports duplicate names', async () => {
    const { notes } = await read('>a\nAC\n>b\nAC\n>a\nAG\n');
    expect(notes).toMatchObject([{ level: 'warning', code: 'data/duplicate-names' }]);
    expect(notes[0]!.message).toContain('"a" in line 5');
  });

  it.each([
    ['unequal lengths', '>a\nACGT\n>b\nACG\n', 'data/unequal-lengths', 'line 3', 'has 3 bases'],
    ['an empty record', '>a\n>b\nACG\n', 'data/empty-record', 'line 1', '"a" has no sequence'],
    ['an empty last record', '>a\nAC\n>b', 'data/empty-record', 'line 3', '"b" has no sequence'],
    ['a letter of another alphabet', '>a\nACGT\nAC-T\n', 'data/letter', 'line 3', 'found "-"'],
    ['a bad letter in a later line', '>a\nAC\nGT\nA!T\n', 'data/letter', 'line 4', 'found "!"'],
    ['text before the first header', '\nACGT\n', 'data/not-fasta', 'line 2', 'found "A"'],
    ['an empty file', '', 'data/empty', 'test.fa', 'no FASTA record'],
    ['a file with ambiguous sequences only', '>a\nNN\n', 'data/all-dropped', 'test.fa', 'leaves none'],
  ])('refuses %s', async (_, text, code, place, message) => {
    await expect(read(text, { ambiguous: 'drop' })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      problem: { code, place: expect.stringContaining(place) },
    });
  });

  it('reads records of up to ten million bases over the ends of chunks and lines, and refuses one base more', async () => {
    const letters = Uint8Array.from({ length: 10_000_000 }, (_, i) => (i + (i >> 7)) % 4);
    const text = Buffer.from(letters)
      .map(code => 'ACGT'.charCodeAt(code))
      .toString();
    const wrapped = `>long\n${text.replace(/.{61}/g, '$&\n')}`;
    expect(Buffer.compare((await read(`${wrapped}\n`)).letters, letters)).toBe(0);
    for (const more of ['A', '\nA'])
      await expect(read(wrapped + more)).rejects.toMatchObject({ problem: { code: 'data/too-long' } });
  });

  it('refuses a gzip file that is cut off, and a file that does not exist', async () => {
    const whole = gzipSync('>a\n' + 'ACGT'.repeat(10_000));
    await expect(read(whole.subarray(0, whole.length - 20))).rejects.toMatchObject({
      problem: { code: 'data/damaged-gzip' },
    });
    await expect(fasta.read({ path: HASH, ambiguous: 'drop' }, { [HASH]: join(folder, 'none') })).rejects.toMatchObject(
      {
        problem: { code: 'data/unreadable', place: join(folder, 'none') },
      },
    );
  });

  it('describes what it read when time is up', async () => {
    const path = join(folder, 'long.fa');
    await writeFile(path, '>a\nACGT\n>b\nACGTACG\n'.repeat(30_000));
    const parameters = { path: HASH, ambiguous: 'uniform' } as const;
    const whole = await describeFasta(parameters, { [HASH]: path });
    expect(whole).toMatchObject({ examples: 60_000, complete: true, length: [4, 7] });
    const part = await describeFasta(parameters, { [HASH]: path }, 0);
    expect(part.complete).toBe(false);
    expect(part.examples).toBeGreaterThan(0);
    expect(part.examples).toBeLessThan(60_000);
  });

  describe.skipIf(!existsSync(PEAKS))('shared/data/peaks/ctcf.fa.gz', () => {
    it('has 39,184 peaks of 100 bp', async () => {
      const parameters = { path: HASH, ambiguous: 'uniform' } as const;
      const examples = await fasta.read(parameters, { [HASH]: PEAKS });
      expect(examples.length).toBe(100);
      expect(examples.names).toHaveLength(39_184);
      expect(examples.names[0]).toMatch(/^chr\w+:\d+-\d+$/);
      expect(await fasta.describe(parameters, { [HASH]: PEAKS })).toMatchObject({
        examples: 39_184,
        complete: true,
        length: [100, 100],
      });
    });
  });
});
