/**
 * DNA from FASTA files: plain or gzipped (also in blocks, as bgzip writes), told apart by the first bytes, read as a
 * stream. Pearson & Lipman 1988, PNAS 85:2444; gzip: RFC 1952.
 */
import type { ParametersOf } from '../../catalog/specification.js';
import type { fasta as specification } from '../../catalog/sources.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { bytesOf } from './bytes.js';
import { LETTERS, NO_BASE, type Sequences, type Origin } from './examples.js';
import { CODE_OF_BYTE } from './one-hot.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

/** The longest input that the `dna` alphabet allows. */
const LONGEST = 10_000_000;

const NEWLINE = 10;
const GREATER = 62;
const BLANKS = new Set([9, 13, 32]);

interface FastaRecord {
  readonly name: string;
  /** Line of the header, from 1. */
  readonly line: number;
  readonly letters: Uint8Array;
}

/**
 * The records of a file, in batches as they become complete; a batch may be empty.
 *
 * @throws Failure for text before the first header, a letter that is no IUPAC code of DNA, an empty record, or one
 *   longer than the longest input
 */
async function* recordsOf(path: string): AsyncGenerator<FastaRecord[]> {
  let line = 1;
  let state: 'line start' | 'header' | 'sequence' = 'line start';
  let header: Buffer[] = [];
  let headerLine = 0;
  let letters = new Uint8Array(1024);
  let count = 0;
  let number = 0;

  const finish = (): FastaRecord => {
    const name = Buffer.concat(header).toString('utf8').trim().replace(/\s+/g, ' ') || `record ${number}`;
    if (count === 0) {
      throw new Failure('data/empty-record', `the record "${name}" has no sequence`, {
        place: `${path}, line ${headerLine}`,
        remedy: 'Remove the record, or restore its sequence.',
      });
    }
    return { name, line: headerLine, letters: letters.slice(0, count) };
  };

  const makeRoom = (more: number): void => {
    if (count + more <= letters.length) return;
    if (count + more > LONGEST)
      throw new Failure('data/too-long', `the record has more than ${LONGEST.toLocaleString('en')} bases`, {
        place: `${path}, line ${headerLine}`,
        remedy: 'Give the regions that the model reads, one record each, instead of whole chromosomes.',
      });
    const longer = new Uint8Array(Math.min(Math.max(letters.length * 2, count + more), LONGEST));
    longer.set(letters.subarray(0, count));
    letters = longer;
  };

  for await (const chunk of bytesOf(path)) {
    const records: FastaRecord[] = [];
    let position = 0;
    while (position < chunk.length) {
      if (state === 'header') {
        const end = chunk.indexOf(NEWLINE, position);
        header.push(chunk.subarray(position, end < 0 ? chunk.length : end));
        if (end < 0) break;
        position = end + 1;
        line++;
        state = 'line start';
        continue;
      }
      if (number > 0 && chunk[position] !== GREATER) {
        // Most of a file are runs of letters up to the end of a line.
        const newline = chunk.indexOf(NEWLINE, position);
        const end = newline < 0 ? chunk.length : newline;
        const from = position;
        makeRoom(end - from);
        for (; position < end; position++) {
          const code = CODE_OF_BYTE[chunk[position]!]!;
          if (code === NO_BASE) break;
          letters[count++] = code;
        }
        if (position > from) state = 'sequence';
        if (position === chunk.length) break;
      }
      const byte = chunk[position++]!;
      if (byte === NEWLINE) {
        line++;
        state = 'line start';
      } else if (byte === GREATER && state === 'line start') {
        if (number > 0) records.push(finish());
        number++;
        header = [];
        headerLine = line;
        count = 0;
        state = 'header';
      } else if (!BLANKS.has(byte)) {
        const found = byte > 32 && byte < 127 ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
        if (number === 0) {
          throw new Failure('data/not-fasta', `expected a header that starts with ">", found ${found}`, {
            place: `${path}, line ${line}`,
            remedy: 'Give a FASTA file: a line ">name" before each sequence.',
          });
        }
        throw new Failure('data/letter', `found ${found}, expected one of ${LETTERS}`, {
          place: `${path}, line ${line}`,
          remedy: 'Sequences must be DNA without gaps; write U as T.',
        });
      }
    }
    yield records;
  }
  if (number > 0) yield [finish()];
}

/** What is worth knowing of the names and letters of the records seen so far. */
class Survey {
  records = 0;
  private readonly names = new Set<string>();
  private duplicates = 0;
  private duplicate: FastaRecord | undefined;
  private ambiguous = 0;
  private affected = 0;

  /** Counts a record. @returns the index of its first ambiguity code, or −1 */
  add(record: FastaRecord): number {
    this.records++;
    if (this.names.has(record.name)) {
      this.duplicates++;
      this.duplicate ??= record;
    } else {
      this.names.add(record.name);
    }
    const { letters } = record;
    let first = -1;
    for (let at = letters.length - 1; at >= 0; at--)
      if (letters[at]! > 3) {
        this.ambiguous++;
        first = at;
      }
    if (first >= 0) this.affected++;
    return first;
  }

  /** @param policy what became of ambiguity codes, in words */
  notes(policy: string): Note[] {
    const notes: Note[] = [];
    if (this.ambiguous > 0) {
      notes.push({
        level: 'information',
        code: 'data/ambiguous',
        message: `The file has ${this.ambiguous} ambiguous bases in ${this.affected} of ${this.records} sequences; ${policy}.`,
      });
    }
    if (this.duplicate) {
      notes.push({
        level: 'warning',
        code: 'data/duplicate-names',
        message: `${this.duplicates} records of the file repeat a name; the first is "${this.duplicate.name}" in line ${this.duplicate.line}.`,
      });
    }
    return notes;
  }
}

/** What becomes of ambiguity codes, in words. */
export const POLICIES: Readonly<Record<Parameters['ambiguous'], string>> = {
  uniform: 'each became equal shares of the bases that it stands for',
  zeros: 'each became an all-zero position',
  drop: 'those sequences were left out',
  error: 'none is allowed',
};

async function read(parameters: Parameters, files: Files): Promise<Sequences> {
  const path = pathOf(parameters.path, files);
  const source = parameters.path.slice(0, 8);
  const survey = new Survey();
  const names: string[] = [];
  const origins: Origin[] = [];
  let first: FastaRecord | undefined;
  let letters = new Uint8Array(0);
  for await (const batch of recordsOf(path)) {
    for (const record of batch) {
      const ambiguousAt = survey.add(record);
      first ??= record;
      const length = first.letters.length;
      if (record.letters.length !== length) {
        throw new Failure(
          'data/unequal-lengths',
          `the record "${record.name}" has ${record.letters.length} bases, but the first record, "${first.name}", has ${length}`,
          {
            place: `${path}, line ${record.line}`,
            remedy: 'Cut or pad all sequences to the length that the model reads.',
          },
        );
      }
      if (ambiguousAt >= 0) {
        if (parameters.ambiguous === 'drop') continue;
        if (parameters.ambiguous === 'error') {
          const letter = LETTERS[record.letters[ambiguousAt]!]!;
          throw new Failure(
            'data/ambiguous',
            `the record "${record.name}" has the ambiguity code ${letter} at base ${ambiguousAt + 1}, which \`ambiguous: error\` forbids`,
            {
              place: `${path}, line ${record.line}`,
              remedy: 'Use `ambiguous: drop` or `ambiguous: uniform`, or mend the sequence.',
            },
          );
        }
        if (parameters.ambiguous === 'zeros') {
          record.letters.forEach((code, position) => {
            if (code > 3) record.letters[position] = NO_BASE;
          });
        }
      }
      const end = (names.length + 1) * length;
      if (end > letters.length) {
        const more = new Uint8Array(Math.max(end, letters.length * 2));
        more.set(letters);
        letters = more;
      }
      letters.set(record.letters, end - length);
      names.push(record.name);
      origins.push({ source, index: survey.records - 1 });
    }
  }
  if (!first) throw noRecords(path);
  if (names.length === 0) {
    throw new Failure('data/all-dropped', 'every sequence has ambiguous bases, so `ambiguous: drop` leaves none', {
      place: path,
      remedy: 'Use `ambiguous: uniform`.',
    });
  }
  return {
    alphabet: 'dna',
    length: first.letters.length,
    letters: letters.slice(0, names.length * first.letters.length),
    names,
    labels: names.map(() => parameters.label),
    origins,
    notes: survey.notes(POLICIES[parameters.ambiguous]),
  };
}

function noRecords(path: string): Failure {
  return new Failure('data/empty', 'the file has no FASTA record', {
    place: path,
    remedy: 'Give a file with at least one header line ">name" and its sequence.',
  });
}

/**
 * Counts and measures the records.
 *
 * @param seconds after this time the answer is given for the records read so far
 */
export async function describeFasta(parameters: Parameters, files: Files, seconds = 8): Promise<DataDescription> {
  const path = pathOf(parameters.path, files);
  const deadline = performance.now() + seconds * 1000;
  const survey = new Survey();
  let shortest = Infinity;
  let longest = 0;
  let complete = true;
  for await (const batch of recordsOf(path)) {
    for (const record of batch) {
      survey.add(record);
      shortest = Math.min(shortest, record.letters.length);
      longest = Math.max(longest, record.letters.length);
    }
    if (performance.now() > deadline) {
      complete = false;
      break;
    }
  }
  if (survey.records === 0) throw noRecords(path);
  return {
    is: 'data',
    examples: survey.records,
    complete,
    alphabet: 'dna',
    length: [shortest, longest],
    notes: survey.notes(`they follow \`ambiguous: ${parameters.ambiguous}\``),
  };
}

export const fasta: Source<Parameters, Sequences> = { read, describe: describeFasta };
