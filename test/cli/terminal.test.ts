import { describe, expect, it } from 'vitest';
import { foldColumns } from '../../server/src/cli/terminal.js';

const ROWS = [
  ['table', 'auroc', 'aupr', 'cosine'],
  ['net saliency', '0.61', '0.5', '0.123'],
];
const RIGHT = [false, true, true, true];

describe('a table that is too wide', () => {
  it('is cut into blocks that fit, each with the first column', () => {
    expect(foldColumns(ROWS, RIGHT, 25)).toEqual([
      ['table         auroc  aupr', 'net saliency   0.61   0.5'],
      ['table         cosine', 'net saliency   0.123'],
    ]);
  });

  it('stays whole where it fits, and has a column in each block where nothing fits', () => {
    expect(foldColumns(ROWS, RIGHT, 33)).toHaveLength(1);
    expect(foldColumns(ROWS, RIGHT, Infinity)).toHaveLength(1);
    expect(foldColumns(ROWS, RIGHT, 5)).toHaveLength(3);
  });
});
