/**
 * Features of GFF3 and GTF files, plain or gzipped, line by line. They differ in the last column only.
 * https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md; GTF 2.2, https://mblab.wustl.edu/GTF22.html
 */
import { Failure } from '../failure.js';
import { linesOf } from './lines.js';
import type { Region } from './region.js';

export interface Feature extends Region {
  readonly line: number;
  /** `gene`, `exon` … */
  readonly type: string;
  /** The last column, as it is written. */
  readonly attributes: string;
}

/** @throws Failure `data/gff` for a line that is no feature */
export async function* featuresOf(path: string): AsyncGenerator<Feature> {
  for await (const { text, number: line } of linesOf(path)) {
    if (/^##FASTA\b/i.test(text)) return; // sequences follow
    if (text.startsWith('#') || text.trim() === '') continue;
    const [chromosome = '', , type = '', first = '', last = '', , strand = '', , attributes] = text.split('\t');
    const whole = /^\d{1,10}$/;
    const [start, end] = [Number(first) - 1, Number(last)];
    if (
      attributes === undefined ||
      !(whole.test(first) && whole.test(last) && start >= 0 && start < end) ||
      !/^[-+.?]$/.test(strand)
    )
      throw new Failure('data/gff', `expected nine columns of GFF3 or GTF, found "${text.slice(0, 80)}"`, {
        place: `${path}, line ${line}`,
        remedy: 'Give chromosome, source, type, first and last base (from 1), score, strand, phase and attributes.',
      });
    yield {
      chromosome: decoded(chromosome),
      start,
      end,
      strand: strand === '?' ? '.' : (strand as '+'),
      line,
      type,
      attributes,
    };
  }
}

/** Whether a file is GFF3 or GTF, by its first line that is no comment. @throws Failure `data/unreadable`, `data/damaged-gzip` */
export async function isAnnotation(path: string): Promise<boolean> {
  for await (const { text } of linesOf(path)) {
    if (/^##gff-version/i.test(text)) return true;
    if (text.startsWith('#') || text.trim() === '') continue;
    const [, , , first = '', last = '', , strand = '', , attributes] = text.split('\t');
    return attributes !== undefined && /^\d+ \d+ [-+.?]$/.test(`${first} ${last} ${strand}`);
  }
  return false;
}

/** The value of an attribute, the first where it has several; undefined where it is not there. */
export function attributeOf({ attributes }: Feature, name: string): string | undefined {
  for (const part of attributes.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    // GFF3: name=value,value with %-escapes; GTF: name "value".
    const [, key, equals, value] = /^\s*([^\s=]+)\s*(=)?\s*(.*?)\s*$/.exec(part) ?? [];
    if (key !== name || value === undefined) continue;
    return equals ? decoded(value.split(',', 1)[0]!) : value.replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

/** Text with its %-escapes read; as it is where they are none. */
function decoded(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}
