import { assert, expect, test } from 'vitest';
import { formOf, positionAt, recordsBetween, rowIndex, rowNames, stretchesOf } from '../../client/src/data-rows.js';

const LINES = ['>chr1:5-9 peak', 'ACGT', 'AC', '', '>two', 'ggtt'];
const at = (line: number): string => LINES[line] ?? '';

test('a sequence is named by the header above, with and without what follows it', () => {
  expect(rowNames('fasta', 2, at)).toEqual(['chr1:5-9 peak', 'chr1:5-9']);
  expect(rowNames('fasta', 5, at)).toEqual(['two']);
  expect(rowNames('fasta', 0, () => 'ACGT')).toEqual([]);
});

test('a variant is named as the genome spells it, each alternative by itself, without what alleles share', () => {
  expect(rowNames('vcf', 0, () => '17\t41197805\trs1\tT\tC\t.')).toEqual([
    'chr17:41197805:T>C',
    '17:41197805:T>C',
    'rs1',
    '17:41197805',
  ]);
  expect(rowNames('vcf', 0, () => 'chrIV\t10\t.\tcagt\tCATT,C')).toEqual([
    'chrIV:12:G>T',
    'IV:12:G>T',
    'chrIV:10:CAGT>C',
    'IV:10:CAGT>C',
    'chrIV:10',
  ]);
  expect(rowNames('vcf', 0, () => '##fileformat=VCFv4.2')).toEqual([]);
  expect(rowNames('table', 0, () => '"cell 1",0.5,3')).toEqual(['cell 1', '0.5']);
});

test('intervals and rows are counted past what is none', () => {
  const intervals = ['track name=peaks', '# made by', 'chr1\t9\t19', '', 'chr1\t20\t30'];
  const rows = ['cell,x', '"a",1', '', '"b ""c""",2', '"d', 'e",3', 'f,4'];
  const indices = (form: 'bed' | 'table', lines: string[]) =>
    lines.map((_, line) => rowIndex(form, line, at => lines[at] ?? ''));
  expect(indices('bed', intervals)).toEqual([undefined, undefined, 0, undefined, 1]);
  // Behind a cell that goes on in the next line nothing is counted.
  expect(indices('table', rows)).toEqual([undefined, 0, undefined, 1, 2, undefined, undefined]);
  expect(rowIndex('fasta', 1, at)).toBeUndefined();
});

test('forms are told by the ending', () => {
  expect(['a.fa', 'a.VCF', 'a.narrowPeak', 'a.tsv', 'a.fa.gz', 'a.py'].map(formOf)).toEqual([
    'fasta',
    'vcf',
    'bed',
    'table',
    undefined,
    undefined,
  ]);
});

test('a place in a sequence counts the lines above it', () => {
  expect(positionAt(1, 3, at)).toBe(3);
  expect(positionAt(2, 1, at)).toBe(5);
  expect(positionAt(0, 2, at)).toBeUndefined();
});

test('records on screen begin where they are scrolled to, and end with the screen', () => {
  expect(recordsBetween(2, 4, at)).toEqual([
    { names: ['chr1:5-9 peak', 'chr1:5-9'], from: 4, to: 6, lines: [{ line: 2, at: 4, length: 2 }] },
  ]);
  expect(recordsBetween(0, 5, at).map(({ names, from, to }) => [names[0], from, to])).toEqual([
    ['chr1:5-9 peak', 0, 6],
    ['two', 0, 4],
  ]);
  // Of a line that the editor draws a part of, that part; the lines behind it begin where it ends.
  const long = ['>x', 'A'.repeat(12_000), 'C'];
  expect(recordsBetween(0, 2, line => long[line] ?? '')[0]?.lines).toEqual([
    { line: 1, at: 0, length: 10_000 },
    { line: 2, at: 12_000, length: 1 },
  ]);
});

test('levels go over the line breaks of a sequence, and what has no result stays plain', () => {
  const [whole] = recordsBetween(0, 2, at);
  const [lower] = recordsBetween(2, 2, at);
  assert(whole && lower);
  expect(stretchesOf(whole, 'iieabb')).toEqual([
    { level: 'i', line: 1, from: 0, to: 2 },
    { level: 'a', line: 1, from: 3, to: 4 },
    { level: 'b', line: 2, from: 0, to: 2 },
  ]);
  expect(stretchesOf(lower, 'bb')).toEqual([{ level: 'b', line: 2, from: 0, to: 2 }]);
  expect(stretchesOf(whole, '')).toEqual([]);
});
