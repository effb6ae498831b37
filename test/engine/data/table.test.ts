import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeTable, table } from '../../../server/src/engine/data/table.js';

const HASH = '0123456789abcdef'.repeat(4);
const files = { [HASH]: '' };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'table-'));
  files[HASH] = join(folder, 'test.csv');
});
afterAll(() => rm(folder, { recursive: true }));

type Given = Parameters<typeof table.read>[0];
const plain: Given = { path: HASH, as: 'expression', examples: 'rows', skip: [], missing: 'error' };

async function read(content: string | Buffer, given: Partial<Given> = {}) {
  await writeFile(files[HASH]!, content);
  return table.read({ ...plain, ...given }, files);
}

describe('table', () => {
  it('takes names, labels and features apart, in the order of the file', async () => {
    const found = await read('sex,id,TP53,y,MDM2\n1,anna,0.5,1,-2\n2,bo,1e3,0,4\n', {
      names: 'id',
      label: 'y',
      skip: ['sex'],
      as: 'genotypes',
    });
    expect(found).toMatchObject({
      alphabet: 'genotypes',
      features: ['TP53', 'MDM2'],
      names: ['anna', 'bo'],
      labels: [1, 0],
      length: 2,
      notes: [],
    });
    expect(found.origins[1]).toEqual({ source: '01234567', index: 1 });
    expect([...found.values]).toEqual([0.5, -2, 1000, 4]);
  });

  it('reads back any table, whatever the separator, quoting, compression and line ends', async () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('\t', ',', ';', ' '),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.boolean(),
        async (rows, separator, end, quoted, zipped) => {
          const cell = (text: string): string => (quoted ? `"${text}"` : text);
          const header = ['', 'a,;b\t c', 'x', 'y'].map((name, i) => (i === 1 ? `"${name}"` : cell(name)));
          const lines = [header, ...rows.map((row, i) => [cell(`r${i}`), ...row.map(v => cell(String(v)))])];
          const text = `\uFEFF${lines.map(line => line.join(separator)).join(end)}${end}${end}`;
          const found = await read(zipped ? gzipSync(text) : text);
          expect(found.features).toEqual(['a,;b\t c', 'x', 'y']);
          expect(found.names).toEqual(rows.map((_, i) => `r${i}`));
          expect([...found.values]).toEqual(rows.flat().map(Math.fround));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('reads cells over several lines, and counts the lines', async () => {
    const text = 'id,a\n"x ""1""\n\ny",1\nz,2\n';
    expect(await read(text, { names: 'id' })).toMatchObject({ names: ['x "1"\n\ny', 'z'] });
    await expect(read(`${text}w,v\n`, { names: 'id' })).rejects.toMatchObject({
      problem: { place: expect.stringMatching(/line 6, column 2$/) },
    });
  });

  it('reads what R writes: row names without a heading', async () => {
    const found = await read('"g1" "g2"\n"s1" 1 NA\n"s2" 3 4\n', { missing: 'zeros' });
    expect(found).toMatchObject({ names: ['s1', 's2'], features: ['g1', 'g2'] });
    expect([...found.values]).toEqual([1, 0, 3, 4]);
    expect(await read('\n\tg1\ns1\t5\n')).toMatchObject({ names: ['s1'], features: ['g1'] });
  });

  it('takes for a number what pandas takes for one', async () => {
    // pd.read_csv(…, sep=…) of each: the spellings of NaN, of truth values, and blanks that line columns up (sep=r'\s+').
    const missing = [
      '',
      'NA',
      'N/A',
      'n/a',
      'NaN',
      'nan',
      '-NaN',
      '-nan',
      'NULL',
      'null',
      'None',
      '<NA>',
      '#N/A',
      '1.#QNAN',
      '-1.#IND',
    ];
    const text = `id,a\n${missing.map((one, i) => `${i},${one}\n`).join('')}x,5\n`;
    expect([...(await read(text, { missing: 'mean', names: 'id' })).values]).toEqual(missing.concat('').map(() => 5));
    expect([...(await read('a\tb\nTRUE\tfalse\nTrue\tFALSE\n')).values]).toEqual([1, 0, 1, 0]);
    expect(await read('  a    b\n  1   22\n 10    2\n')).toMatchObject({
      features: ['a', 'b'],
      values: Float32Array.of(1, 22, 10, 2),
    });
  });

  it.each([
    ['decimal commas', 'b;a\n2;1,5\n', 'data/not-number', /decimal point/],
    ['other bases than ten', 'a,b\n0x10,1\n', 'data/not-number', /skip/],
    ['what single precision has as infinity', 'a,b\n1e39,1\n', 'data/not-number', /skip/],
    ['a header that is none', '# made by us\na,b\n1,2\n', 'data/unequal-lengths', /here "# made by us"/],
  ])('refuses %s', async (_, text, code, remedy) => {
    await expect(read(text)).rejects.toMatchObject({
      problem: { code, remedy: expect.stringMatching(remedy) as string },
    });
  });

  it('refuses a label whose column is there twice: the other would be a feature', async () => {
    await expect(read('y,x,y\n1,2,1\n', { label: 'y' })).rejects.toMatchObject({
      problem: { code: 'data/duplicate-names', message: 'the table has several columns "y", which `label` names' },
    });
    expect((await read('y,x,x\n1,2,1\n', { label: 'y' })).notes).toMatchObject([{ code: 'data/duplicate-names' }]);
  });

  it('says which column is rather one of identifiers, and how many labels are missing', async () => {
    const found = await read('sample,a,y\n16777217,2,1\n16777219,3,NA\n', { label: 'y' });
    expect(found.notes.map(({ code, message }) => [code, message.slice(0, 16)])).toEqual([
      ['data/no-label', '1 of 2 examples '],
      ['data/precision', '"sample" has num'],
    ]);
  });

  it('does with missing values what it is told', async () => {
    const text = 'a\tb\n1\t\n3\t.\nNaN\t8\n5\t10\n';
    expect([...(await read(text, { missing: 'mean' })).values]).toEqual([1, 9, 3, 9, 3, 8, 5, 10]);
    const dropped = await read(text, { missing: 'drop' });
    expect(dropped.names).toEqual(['row 4']);
    expect(dropped.origins[0]!.index).toBe(3);
    expect(dropped.notes.map(note => note.message)).toEqual([
      '3 values are missing in 3 of 4 examples; those examples were left out.',
    ]);
    await expect(read(text)).rejects.toMatchObject({
      problem: { code: 'data/missing', place: expect.stringMatching(/test\.csv, line 2, column 2$/) },
    });
    await expect(read('a,b\nNA,1\nNA,2\n', { missing: 'mean' })).rejects.toMatchObject({
      message: '"a" has no value in any row, so it has no mean',
    });
    await expect(read('a,b\nNA,1\nNA,2\n', { missing: 'drop' })).rejects.toMatchObject({
      problem: { code: 'data/all-dropped' },
    });
  });

  it('gives classes the numbers of their places, and no label where it is missing', async () => {
    const text = 'type,x\nB cell,1\nT cell,2\nNA,3\n';
    const classes = ['T cell', 'B cell'];
    expect((await read(text, { label: 'type', classes })).labels).toEqual([1, 0, undefined]);
    await expect(read(text, { label: 'type', classes: ['T cell'] })).rejects.toMatchObject({
      message: 'found the label "B cell" in "type", expected one of T cell',
    });
    const unnamed = await read(text, { label: 'type' }).catch((error: unknown) => error);
    expect(unnamed).toMatchObject({
      message: 'found the label "B cell" in "type", expected a number',
      problem: { remedy: expect.stringContaining('classes: ["…"]') },
    });
  });

  it.each([
    ['data/not-number', 'a,b\n1,2\n1,"x y"\n', 'line 3, column 2', 'found "x y" in the column "b", expected a number'],
    ['data/unequal-lengths', 'a,b\n1,2\n\n1,2,3\n', 'line 4', 'the row has 3 cells, and the header names 2 columns'],
    ['data/not-table', 'a,b\n1,2\n"1,2\n', 'line 3', undefined],
    [
      'data/not-table',
      'a,b\r1,2\r',
      'test.csv',
      'lines end with a carriage return alone, as on old Macintosh computers',
    ],
    ['data/not-table', 'a,b\n1,2"\n3,4\n', 'line 2', 'a quote stands within a cell that does not begin with one'],
    ['data/empty', 'a,b\n', 'test.csv', 'the table has no row behind its header'],
  ])('says where: %s', async (code, text, place, message) => {
    const failure = await read(text).catch((error: unknown) => error);
    expect(failure).toMatchObject({ problem: { code, place: expect.stringContaining(place) } });
    if (message !== undefined) expect(failure).toMatchObject({ message });
  });

  it('reads matrices of genes × samples, and labels from a table', async () => {
    const labels = 'dcba4321'.repeat(8);
    files[labels] = join(folder, 'labels.tsv');
    await writeFile(files[labels], 'sample\ttype\ns3\ttumour\ns1\tnormal\nelsewhere\ttumour\n');
    const text = 'gene_id\tlength\ts1\ts2\ts3\nENSG1\t900\t1\tNA\t3\nENSG2\t70\t4\t5\t6\n';
    const given = { examples: 'columns', skip: ['length'], labels, classes: ['normal', 'tumour'] } as const;
    const filled = await read(text, { ...given, missing: 'mean' });
    expect(filled).toMatchObject({
      names: ['s1', 's2', 's3'],
      features: ['ENSG1', 'ENSG2'],
      labels: [0, undefined, 1],
      classes: ['normal', 'tumour'],
      values: Float32Array.of(1, 4, 2, 5, 3, 6),
    });
    expect(filled.notes.map(({ message }) => message)).toEqual([
      '1 values are missing in 1 of 3 examples; each became the mean of its feature over the examples that have it.',
      '1 of 3 examples have no label; they stay in.',
    ]);
    const dropped = await read(text, { ...given, missing: 'drop' });
    expect(dropped).toMatchObject({ names: ['s1', 's3'], values: Float32Array.of(1, 4, 3, 6) });
    expect(dropped.origins.map(({ index }) => index)).toEqual([0, 2]);
    const gct = `#1.2\n2\t3\nName\tDescription\ts1\ts2\ts3\nG1\td, e\t1\t2\t3\nG2\tf\t4\t5\t6\n`;
    const broad = { examples: 'columns', skip: ['Description'] } as const;
    expect(await read(gct, broad)).toMatchObject({ features: ['G1', 'G2'], values: Float32Array.of(1, 4, 2, 5, 3, 6) });
    expect(await describeTable({ ...plain, ...broad }, files)).toMatchObject({ examples: 3, length: [2, 2] });
    await expect(read(text, { ...given, label: 'length' })).rejects.toMatchObject({ problem: { code: 'data/label' } });
    await expect(read('a\tb\nx\t1\n', { labels, names: 'a', classes: given.classes })).rejects.toMatchObject({
      problem: { code: 'data/unmatched', remedy: expect.stringContaining('like "x"') as string },
    });
  });

  it('takes the examples of one part, and nothing of the others matters', async () => {
    const text = 'id,split,x\na,train,1\nb,test,?\nc,train,3\n';
    const found = await read(text, { names: 'id', where: { split: 'train' } });
    expect(found).toMatchObject({ names: ['a', 'c'], features: ['x'], values: Float32Array.of(1, 3) });
    expect(found.origins.map(({ index }) => index)).toEqual([0, 2]);
    expect(found.notes).toMatchObject([{ message: '1 of 3 examples are left out: only where split is "train".' }]);
    expect(await describeTable({ ...plain, names: 'id', where: { split: 'train' } }, files)).toMatchObject({
      examples: 2,
    });
    await expect(read(text, { names: 'id', where: { split: 'Train' } })).rejects.toMatchObject({
      problem: { code: 'data/empty', message: 'no example has what `where` asks for: split is "Train"' },
    });
  });

  it('lists the columns there are when one is missing', async () => {
    await expect(read('id,x\na,1\n', { names: 'ID' })).rejects.toMatchObject({
      message: 'the table has no column "ID", which `names` names; it has: id, x',
    });
  });

  it('describes what it read when time is up', async () => {
    await writeFile(files[HASH]!, `id,a,b\n${'x,1,2\n'.repeat(5000)}`);
    expect(await describeTable({ ...plain, names: 'id' }, files)).toMatchObject({
      examples: 5000,
      complete: true,
      alphabet: 'expression',
      length: [2, 2],
    });
    expect(await describeTable({ ...plain, names: 'id' }, files, 0)).toMatchObject({ complete: false });
  });

  it('reads a row wider than any buffer', async () => {
    const width = 60_000;
    const names = Array.from({ length: width }, (_, i) => `gene${i}`);
    const found = await read(`${names.join('\t')}\n${names.map((_, i) => i / 7).join('\t')}\n`);
    expect(found.features.at(-1)).toBe('gene59999');
    expect(found.values.at(-1)).toBe(Math.fround(59_999 / 7));
  });
});
