/**
 * Runs of Parquet's levels and dictionary indices, checked before `hyparquet` unpacks them: it believes the length of a run, and grows
 * an array until the process ends. RLE and bit-packing hybrid, https://parquet.apache.org/docs/file-format/data-pages/encodings/.
 */
import type { parquetHeader } from 'hyparquet/src/column.js';

type Header = ReturnType<typeof parquetHeader>;

/** Groups of eight values that a writer may fill up a run with. */
const PADDING = 64;

/**
 * @param count how many values the runs have
 * @returns how many of them are 1
 * @throws Error for runs of more, or none
 */
function checkRuns(bytes: Uint8Array, from: number, width: number, count: number): number {
  let at = from;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error('runs that end too soon');
    return byte;
  };
  let ones = 0;
  for (let seen = 0; seen < count;) {
    let header = 0;
    for (let shift = 0, byte = 0x80; (byte & 0x80) !== 0; shift += 7) header |= ((byte = next()) & 0x7f) << shift;
    const length = header >>> 1;
    if ((header & 1) === 0) {
      if (length > count - seen) throw new Error(`a run of ${length} values, ${count - seen} are left`);
      const value = width === 0 ? 0 : next();
      at += Math.max(0, ((width + 7) >> 3) - 1);
      if (value === 1) ones += length;
      seen += length;
    } else {
      if (length > Math.ceil((count - seen) / 8) + PADDING) throw new Error(`${length} groups of eight values`);
      const last = Math.min(8 * length, count - seen);
      if (width === 1) for (let i = 0; i < last; i++) ones += ((bytes[at + (i >> 3)] ?? 0) >> (i & 7)) & 1;
      at += length * width;
      seen += 8 * length;
    }
  }
  return ones;
}

/** Checks the levels of a page of the second version, which lie in front of what is compressed. */
export function checkLevels(bytes: Uint8Array, { data_page_header_v2: page }: Header, isOptional: boolean): void {
  if (page !== undefined && isOptional) checkRuns(bytes, page.repetition_levels_byte_length, 1, page.num_values);
}

/** Checks what a page of data unpacks to: levels of the first version, and indices. */
export function checkPage(bytes: Uint8Array, header: Header, isOptional: boolean, type: string | undefined): void {
  const { data_page_header: first, data_page_header_v2: second } = header;
  if (first === undefined && second === undefined) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let count = second === undefined ? first!.num_values : second.num_values - second.num_nulls;
  if (first !== undefined && isOptional) {
    count = checkRuns(bytes, 4, 1, count);
    at = 4 + view.getUint32(0, true);
  }
  const { encoding } = (first ?? second)!;
  const isIndex = encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY';
  if (!isIndex && encoding !== 'RLE') return;
  const isTruth = second === undefined ? type === 'BOOLEAN' : !isIndex;
  checkRuns(bytes, at + (isTruth ? 4 : 1), isTruth ? 1 : view.getUint8(at), count);
}
