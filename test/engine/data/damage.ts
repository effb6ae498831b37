/** How files are damaged in tests of readers: cut off, bits flipped, hostile sizes, pieces lost or doubled. */
import fc from 'fast-check';

/** What happens to a file; places are shares of its length. */
export type Damage = {
  readonly kind: 'cut' | 'flip' | 'size' | 'lose' | 'double' | 'digits' | 'bytes';
  readonly file: number;
  readonly at: number;
  readonly length: number;
  readonly value: number;
};

export const damage = fc.record<Damage>({
  kind: fc.constantFrom('cut', 'flip', 'size', 'lose', 'double', 'digits', 'bytes'),
  file: fc.nat(59),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 24 }),
  value: fc.nat(255),
});

const HOSTILE = [0xffffffff, 0x7fffffff, 0x80000000, 0x10000000, 0x00ffffff, 0];

export function damaged(bytes: Buffer, { kind, at: share, length, value }: Damage): Buffer {
  const at = Math.floor(share * bytes.length);
  const copy = Buffer.from(bytes);
  switch (kind) {
    case 'cut':
      return copy.subarray(0, at);
    case 'flip':
      if (at < copy.length) copy[at]! ^= 1 << (value & 7);
      return copy;
    case 'size': {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(HOSTILE[value % HOSTILE.length]!);
      for (let copies = 0; copies < 1 + (length & 1); copies++) copy.set(size.subarray(0, copy.length - at), at);
      return copy;
    }
    case 'lose':
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 'double':
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
    case 'digits': {
      // The next number in the text, with nines behind it.
      const from = copy.findIndex((byte, index) => index >= at && byte >= 48 && byte < 58);
      const nines = Buffer.alloc(length, '9');
      return from < 0 ? copy : Buffer.concat([copy.subarray(0, from), nines, copy.subarray(from)]);
    }
    case 'bytes':
      return copy.fill(value, at, Math.min(at + length, copy.length));
  }
}
