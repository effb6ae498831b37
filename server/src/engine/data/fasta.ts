/** The source `fasta`: sequences of one length. Pearson & Lipman 1988, PNAS 85:2444. */
import type { ParametersOf } from '../../catalog/specification.js';
import type { fasta as specification } from '../../catalog/sources.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { LETTERS, NO_BASE, type Sequences, type Origin } from './examples.js';
import { fastaRecords, type FastaRecord } from './fasta-records.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

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
    if (!record.isAmbiguous) return -1;
    this.affected++;
    for (const code of record.letters) if (code > 3) this.ambiguous++;
    return record.letters.findIndex(code => code > 3);
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
  const kept: Uint8Array[] = [];
  for await (const batch of fastaRecords(path)) {
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
      kept.push(record.letters);
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
    letters: joined(kept, first.letters.length),
    names,
    labels: names.map(() => parameters.label),
    origins,
    notes: survey.notes(POLICIES[parameters.ambiguous]),
  };
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const letters = new Uint8Array(parts.length * length);
  parts.forEach((part, row) => letters.set(part, row * length));
  return letters;
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
  for await (const batch of fastaRecords(path)) {
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
