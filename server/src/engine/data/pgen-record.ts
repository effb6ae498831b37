/**
 * One variant of a PLINK 2 binary file: hard calls as two bits per person (0, 1, 2 alternative alleles; 3 missing), stored whole, in one
 * bit, as differences from a constant or from the variant before, and dosages behind them. Phase is passed over.
 * Source: PLINK 2 File Format Specification Draft, "Variant records" (pgen_spec of chrchang/plink-ng).
 */

/** Thrown where a record does not make sense; the reader says which it was. */
export class DamagedRecord extends Error {}

const MISSING_DOSAGE = 0xffff;
/** A dosage of 1 in the units in which two alleles are 2^15. */
const ONE = 2 ** 14;
/** The categories of the one-bit form that may be common, as it codes them: the lower, and the step to the higher. */
const COMMON_PAIRS = new Set([1, 2, 3, 5, 6, 9]);

/** Reads a record from its beginning to its end. */
class Cursor {
  constructor(
    private readonly bytes: Uint8Array,
    private at = 0,
  ) {}

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new DamagedRecord('it ends too soon');
    return this.bytes.subarray(this.at, (this.at += length));
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** A number in groups of seven bits, the last one without the eighth. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new DamagedRecord('a number in it is too large');
  }
}

/** What a record holds beside hard calls, by the bits of its type. */
export const hasSeveralAlternatives = (type: number): boolean => (type & 8) !== 0;
export const hasDosages = (type: number): boolean => (type & 0x60) !== 0;
export const dependsOnEarlier = (type: number): boolean => (type & 6) === 2;

const set = (calls: Uint8Array, person: number, value: number): void => {
  const [byte, shift] = [person >> 2, 2 * (person & 3)];
  calls[byte] = (calls[byte]! & ~(3 << shift)) | (value << shift);
};

/** Two bits of 1 for every set bit of four. */
const SPREAD = Uint8Array.from({ length: 16 }, (_, bits) =>
  [0, 1, 2, 3].reduce((sum, i) => sum + (((bits >> i) & 1) << (2 * i)), 0),
);
/** Categories 0 and 2 swapped in every byte. */
const INVERTED = Uint8Array.from({ length: 256 }, (_, byte) =>
  [0, 2, 4, 6].reduce((sum, shift) => sum + ([2, 1, 0, 3][(byte >> shift) & 3]! << shift), 0),
);

/**
 * People in ascending order, and what `use` is to be told of each.
 *
 * @param bits of the value that belongs to each: 2, or 0 for none
 */
function differences(
  cursor: Cursor,
  people: number,
  bits: 0 | 2,
  use: (person: number, value: number) => void,
): number {
  const count = cursor.varint();
  if (count === 0) return 0;
  if (count > people) throw new DamagedRecord(`it lists ${count} of ${people} people`);
  const groups = Math.ceil(count / 64);
  const width = Math.floor(Math.log2(people) / 8) + 1;
  const firsts = cursor.take(groups * width);
  cursor.take(groups - 1); // Lengths of the groups, for those who look for one person.
  const values = cursor.take(Math.ceil((count * bits) / 8));
  let person = -1;
  for (let i = 0; i < count; i++) {
    if (i % 64 === 0) {
      const begin = (i / 64) * width;
      let first = 0;
      for (let byte = width - 1; byte >= 0; byte--) first = first * 256 + firsts[begin + byte]!;
      if (first <= person) throw new DamagedRecord('its people are not in order');
      person = first;
    } else {
      const step = cursor.varint();
      if (step === 0) throw new DamagedRecord('its people are not in order');
      person += step;
    }
    if (person >= people) throw new DamagedRecord(`it names person ${person} of ${people}`);
    use(person, bits === 2 ? (values[i >> 2]! >> (2 * (i & 3))) & 3 : 0);
  }
  return count;
}

/** Hard calls of one variant. */
function readCalls(
  cursor: Cursor,
  type: number,
  people: number,
  earlier: Uint8Array | undefined,
  calls: Uint8Array,
): void {
  const kind = type & 7;
  if (kind === 0) {
    calls.set(cursor.take(calls.length));
    return;
  }
  if (kind === 1) {
    const pair = cursor.byte();
    if (!COMMON_PAIRS.has(pair)) throw new DamagedRecord(`its common genotypes are coded ${pair}`);
    const [low, step] = [(pair >> 2) * 0x55, pair & 3];
    const bits = cursor.take(Math.ceil(people / 8));
    for (let byte = 0; byte < calls.length; byte++)
      calls[byte] = low + step * SPREAD[(bits[byte >> 1]! >> (4 * (byte & 1))) & 15]!;
  } else if (kind === 5) {
    throw new DamagedRecord('its form (5) is reserved');
  } else if (kind >= 4) {
    calls.fill((kind & 3) * 0x55);
  } else {
    if (earlier === undefined) throw new DamagedRecord('it refers to a variant before it, and there is none');
    calls.set(earlier);
  }
  differences(cursor, people, 2, (person, value) => set(calls, person, value));
  // The inverse of the variant before, differences from it included, as plink2 writes it.
  if (kind === 3) for (let byte = 0; byte < calls.length; byte++) calls[byte] = INVERTED[calls[byte]!]!;
}

/** Passes over the phase of heterozygous calls. */
function skipPhase(cursor: Cursor, calls: Uint8Array, people: number): void {
  let heterozygous = 0;
  for (let person = 0; person < people; person++)
    heterozygous += Number(((calls[person >> 2]! >> (2 * (person & 3))) & 3) === 1);
  const bits = cursor.take(Math.ceil((1 + heterozygous) / 8));
  if ((bits[0]! & 1) === 0) return;
  let phased = -1;
  for (const byte of bits) for (let rest = byte; rest > 0; rest &= rest - 1) phased++;
  cursor.take(Math.ceil(phased / 8));
}

/** Alternative alleles of each person who has a dosage of their own; NaN for all others. */
function readDosages(cursor: Cursor, type: number, people: number): Float32Array {
  const dosages = new Float32Array(people).fill(NaN);
  const owners: number[] = [];
  const kind = type & 0x60;
  if (kind === 0x20) differences(cursor, people, 0, person => owners.push(person));
  else if (kind === 0x60) {
    const present = cursor.take(Math.ceil(people / 8));
    for (let person = 0; person < people; person++)
      if (((present[person >> 3]! >> (person & 7)) & 1) === 1) owners.push(person);
  }
  const count = kind === 0x40 ? people : owners.length;
  const values = cursor.take(2 * count);
  for (let i = 0; i < count; i++) {
    const value = values[2 * i]! + 256 * values[2 * i + 1]!;
    if (value === MISSING_DOSAGE && kind === 0x40) continue;
    if (value > 2 * ONE) throw new DamagedRecord(`a dosage of ${value / ONE} alleles`);
    dosages[kind === 0x40 ? i : owners[i]!] = value / ONE;
  }
  return dosages;
}

/**
 * Reads one variant. Of a variant with several alternative alleles only the hard calls are read, which count all of them.
 *
 * @param earlier hard calls of the variant to which differences refer
 * @param calls where the hard calls go: two bits per person, four people in a byte
 * @returns dosages [person], NaN where there is only a hard call; undefined where nobody has any
 * @throws DamagedRecord
 */
export function readRecord(
  bytes: Uint8Array,
  type: number,
  people: number,
  earlier: Uint8Array | undefined,
  calls: Uint8Array,
): Float32Array | undefined {
  const cursor = new Cursor(bytes);
  readCalls(cursor, type, people, earlier, calls);
  if (!hasDosages(type) || hasSeveralAlternatives(type)) return undefined;
  if ((type & 0x10) !== 0) skipPhase(cursor, calls, people);
  return readDosages(cursor, type, people);
}
