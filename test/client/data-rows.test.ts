import { expect, test } from 'vitest';
import { formOf, rowNames, stretchesOf } from '../../client/src/data-rows.js';

const LINES = ['>chr1:5-9 peak', 'ACGT', 'AC', '', '>two', 'ggtt'];
const at = (line: number): string => LINES[line] ?? '';

test('a sequence is named by the header above, with and without what follows it', () => {
  expect(rowNames('fasta', 2, at)).toEqual(['chr1:5-9 peak', 'chr1:5-9']);
  expect(rowNames('fasta', 5, at)).toEqual(['two']);
  expect(rowNames('fasta', 0, () => 'ACGT')).toEqual([]);
});

test('a variant is named by its id or by its place and alleles, a row by its first cells', () => {
  expect(rowNames('vcf', 0, () => '17\t41197805\trs1\tT\tC\t.')).toEqual([
    'rs1',
    '17:41197805:T:C',
    '17:41197805T>C',
    '17:41197805',
  ]);
  expect(rowNames('vcf', 0, () => '##fileformat=VCFv4.2')).toEqual([]);
  expect(rowNames('table', 0, () => '"cell 1",0.5,3')).toEqual(['cell 1', '0.5']);
});

test('forms are told by the ending', () => {
  expect(['a.fa', 'a.VCF', 'a.tsv', 'a.fa.gz', 'a.py'].map(formOf)).toEqual([
    'fasta',
    'vcf',
    'table',
    undefined,
    undefined,
  ]);
});

test('levels go over the line breaks of a sequence, and what has no result stays plain', () => {
  expect(stretchesOf(LINES, [{ name: 'chr1:5-9', levels: 'iieabb' }])).toEqual([
    { level: 'i', line: 1, from: 0, to: 2 },
    { level: 'a', line: 1, from: 3, to: 4 },
    { level: 'b', line: 2, from: 0, to: 2 },
  ]);
});
