/**
 * A bigWig file read by the letter of its description: header, chromosome tree, every leaf of the R trees. Kent et al. 2010,
 * Bioinformatics 26:2204, supplementary tables 5–19.
 */
import { inflateSync } from 'node:zlib';

export interface Zoom {
  readonly reduction: number;
  readonly records: { chromosome: string; start: number; end: number; values: number[] }[];
}

export interface BigWigContent {
  readonly sizes: Map<string, number>;
  /** `chr1:17` → value */
  readonly values: Map<string, number>;
  /** Count, least, greatest, sum, sum of squares. */
  readonly total: number[];
  readonly zooms: Zoom[];
  /** Levels of the R tree over the data. */
  readonly depth: number;
}

export function readBigWig(bytes: Buffer): BigWigContent {
  const u64 = (at: number): number => Number(bytes.readBigUInt64LE(at));
  if (bytes.readUInt32LE(0) !== 0x888ffc26 || bytes.readUInt16LE(4) !== 4) throw new Error('no bigWig of version 4');
  const largest = bytes.readUInt32LE(52);
  const tree = u64(8);
  if (bytes.readUInt32LE(tree) !== 0x78ca8c91 || bytes[tree + 32] !== 1) throw new Error('no tree of one leaf');
  const keySize = bytes.readUInt32LE(tree + 8);
  const sizes = new Map<string, number>();
  const names: string[] = [];
  for (let item = 0; item < bytes.readUInt16LE(tree + 34); item++) {
    const at = tree + 36 + item * (keySize + 8);
    const name = bytes.toString('latin1', at, at + keySize).replace(/\0+$/, '');
    names[bytes.readUInt32LE(at + keySize)] = name;
    sizes.set(name, bytes.readUInt32LE(at + keySize + 4));
  }

  let depth = 0;
  /** Blocks under a node; each must lie within the bounds that lead to it. */
  function* blocksOf(index: number): Generator<{ block: Buffer; bounds: number[] }> {
    if (bytes.readUInt32LE(index) !== 0x2468ace0) throw new Error('no R tree');
    function* visit(node: number, bounds: number[], level: number): Generator<{ block: Buffer; bounds: number[] }> {
      depth = Math.max(depth, level);
      const leaf = bytes[node] === 1;
      for (let item = 0; item < bytes.readUInt16LE(node + 2); item++) {
        const at = node + 4 + item * (leaf ? 32 : 24);
        const own = [0, 4, 8, 12].map(offset => bytes.readUInt32LE(at + offset));
        if (before(own, bounds) || before([own[2]!, own[3]!], [bounds[0]!, bounds[1]!]))
          throw new Error('out of bounds');
        if (before([bounds[2]!, bounds[3]!], [own[2]!, own[3]!])) throw new Error('out of bounds');
        if (!leaf) yield* visit(u64(at + 16), own, level + 1);
        else {
          const block = inflateSync(bytes.subarray(u64(at + 16), u64(at + 16) + u64(at + 24)));
          if (block.length > largest) throw new Error('a block is larger than the header promises');
          yield { block, bounds: own };
        }
      }
    }
    const all = [0, 4, 8, 12].map(offset => bytes.readUInt32LE(index + 16 + offset));
    yield* visit(index + 48, all, 1);
  }

  const values = new Map<string, number>();
  for (const { block } of blocksOf(u64(24))) {
    const [chromosome, start, , step, span] = [0, 4, 8, 12, 16].map(at => block.readUInt32LE(at));
    if (block[20] !== 3 || step !== 1 || span !== 1) throw new Error('not a section of single bases');
    for (let item = 0; item < block.readUInt16LE(22); item++)
      values.set(`${names[chromosome!]!}:${start! + item}`, block.readFloatLE(24 + 4 * item));
  }
  const dataDepth = depth;
  const zooms = Array.from({ length: bytes.readUInt16LE(6) }, (_, level): Zoom => {
    const header = 64 + 24 * level;
    const records: Zoom['records'] = [];
    for (const { block } of blocksOf(u64(header + 16)))
      for (let at = 0; at < block.length; at += 32)
        records.push({
          chromosome: names[block.readUInt32LE(at)]!,
          start: block.readUInt32LE(at + 4),
          end: block.readUInt32LE(at + 8),
          values: [block.readUInt32LE(at + 12), ...[16, 20, 24, 28].map(offset => block.readFloatLE(at + offset))],
        });
    return { reduction: bytes.readUInt32LE(header), records };
  });
  const summary = u64(44);
  const total = [u64(summary), ...[8, 16, 24, 32].map(offset => bytes.readDoubleLE(summary + offset))];
  return { sizes, values, total, zooms, depth: dataDepth };
}

/** Whether a place lies in front of another: [chromosome, base]. */
function before([a, b]: number[], [c, d]: number[]): boolean {
  return a! < c! || (a === c && b! < d!);
}
