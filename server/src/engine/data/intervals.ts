/**
 * DNA of intervals: BED and narrowPeak lines, plain or gzipped, cut from a genome. UCSC BED format; ENCODE narrowPeak
 * (BED6+4, the summit as an offset from the start).
 */
import type { ParametersOf } from '../../catalog/specification.js';
import type { intervals as specification } from '../../catalog/sources.js';
import { Failure } from '../failure.js';
import type { Sequences } from './examples.js';
import { linesOf } from './lines.js';
import type { Region } from './region.js';
import { pathOf, type Source } from './source.js';
import { cutWindows, describeWindows, type Window } from './windows.js';

type Parameters = ParametersOf<typeof specification>;

/** A line of the file. */
interface Interval extends Region {
  readonly line: number;
  /** Bases from the start, in column 10 of 10; where there is a number that is none of another sort. */
  readonly summit?: number;
}

const WHOLE = /^\d{1,10}$/;

/** @throws Failure `data/bed` for a line that is no interval */
async function* intervalsOf(path: string, { length, strand: read }: Parameters): AsyncGenerator<Interval> {
  for await (const { text, number: line } of linesOf(path)) {
    if (/^(#|track\b|browser\b)/.test(text) || text.trim() === '') continue;
    const fields = text.trimEnd().split(text.includes('\t') ? '\t' : /\s+/);
    const [chromosome = '', first = '', last = '', , , written = '.'] = fields;
    const place = `${path}, line ${line}`;
    const [start, end] = [Number(first), Number(last)];
    // A place between two bases (UCSC) has a middle, but no sequence of its own.
    const hasBases = length === undefined ? start < end : start <= end;
    if (chromosome === '' || !WHOLE.test(first) || !WHOLE.test(last) || !hasBases)
      throw new Failure('data/bed', `expected chromosome, start and a greater end, found "${text.slice(0, 80)}"`, {
        place,
        remedy: 'Give BED lines: `chr1<tab>999<tab>1099`, counted from 0; lines of headings begin with `#`.',
      });
    const strand = read === 'forward' ? '.' : written;
    if (strand !== '+' && strand !== '-' && strand !== '.')
      throw new Failure('data/bed', `expected +, - or . as strand in column 6, found "${strand.slice(0, 20)}"`, {
        place,
        remedy: 'Give the columns of BED (chromosome, start, end, name, score, strand), or use `strand: forward`.',
      });
    const summit = fields.length === 10 && WHOLE.test(fields[9]!) ? Number(fields[9]) : undefined;
    yield { chromosome, start, end, strand, line, ...(summit !== undefined && { summit }) };
  }
}

/** The interval that is cut out. @throws Failure `data/around`, `data/no-summit`, `data/bed` */
function resized(interval: Interval, { length, around }: Parameters, path: string): Window {
  const { start, end, summit, line } = interval;
  if (length === undefined) return { ...interval, written: end };
  const place = `${path}, line ${line}`;
  if (around === undefined && summit !== undefined)
    throw new Failure('data/around', 'the file has summits, and `around` does not say what stays in the middle', {
      place,
      remedy: 'Add `around: summit` or `around: center`.',
    });
  if (around === 'summit' && summit === undefined)
    throw new Failure('data/no-summit', 'the line has no summit in column 10', {
      place,
      remedy: 'Use `around: center`, or a narrowPeak file with summits (-1 stands for none).',
    });
  if (around === 'summit' && summit! >= end - start)
    throw new Failure('data/bed', `the summit in column 10, ${summit}, is not inside the interval`, {
      place,
      remedy: 'narrowPeak counts the summit from the start of the interval.',
    });
  const middle = around === 'summit' ? start + summit! : around === 'start' ? start : Math.floor((start + end) / 2);
  const from = middle - Math.floor(length / 2);
  return { ...interval, start: from, end: from + length, written: end };
}

async function* windowsOf(parameters: Parameters, path: string): AsyncGenerator<Window> {
  for await (const interval of intervalsOf(path, parameters)) yield resized(interval, parameters, path);
}

export const intervals: Source<Parameters, Sequences> = {
  read: (parameters, files) => cutWindows(parameters, files, path => windowsOf(parameters, path)),
  describe: (parameters, files) => {
    const path = pathOf(parameters.path, files);
    return describeWindows(path, windowsOf(parameters, path));
  },
};
