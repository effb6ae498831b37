/**
 * Patterns and their seqlets in HDF5 as TF-MoDISco-lite stores them, for its reports and for programs that find hits.
 * Shrikumar et al. 2018, arXiv:1811.00416. Layout: `save_hdf5` in modiscolite/io.py, https://github.com/jmschrei/tfmodisco-lite.
 */
import { Task } from '../../protocol.js';
import type { modisco as specification } from '../../catalog/exports.js';
import type { ResultStore } from '../../store/store.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { mapsBehind, MEMBER_FIELDS } from '../motifs/cluster-seqlets.js';
import { metaOf } from '../steps/results.js';
import type { Export } from './export.js';
import { writeHdf5 } from './hdf5-writer.js';
import { once, type TreeArray } from './tree.js';

/** A seqlet where it lies under its pattern. */
interface Member {
  readonly pattern: number;
  readonly example: number;
  readonly start: number;
  readonly end: number;
  readonly minus: boolean;
}
type Maps = Awaited<ReturnType<typeof mapsBehind>>;
type Stretch = { readonly letters: Float32Array; readonly hypothetical: Float32Array };

/** What is stored of a pattern, and how it follows from a seqlet's letters and hypothetical contributions. */
const TRACKS = {
  sequence: ['array', ({ letters }: Stretch) => letters],
  contrib_scores: [
    'contributions',
    ({ letters, hypothetical }: Stretch) => hypothetical.map((value, at) => value * letters[at]!),
  ],
  hypothetical_contribs: ['hypothetical', ({ hypothetical }: Stretch) => hypothetical],
} as const;

export const modisco: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const { map, title, arrays } = await metaOf(store, of);
  if (map !== 'pattern' || !arrays.some(({ name }) => name === 'members'))
    throw new Failure('export/no-patterns', 'the result holds no patterns of seqlets', {
      place: title,
      remedy: 'Name an attribution that ends in | seqlets(…) | patterns(…).',
    });
  const [, width] = arrays.find(({ name }) => name === 'array')!.axes.map(({ size }) => size) as [number, number];
  const maps = await mapsBehind(store, await seqletsBehind(store, of));
  const members = await membersOf(store, of);
  const { rows } = await store.rows(of);
  const counted = { pos: 0, neg: 0 };
  const tree: TreeArray[] = [];
  for (const [pattern, [name = '']] of rows.entries()) {
    const sign = name.startsWith('negative') ? 'neg' : 'pos';
    const group = `${sign}_patterns/pattern_${counted[sign]++}`;
    const own = members.filter(member => member.pattern === pattern);
    for (const [track, [array, trackOf]] of Object.entries(TRACKS)) {
      const values = await (await store.array(of, array)).read(pattern, pattern + 1);
      tree.push(stored(`${group}/${track}`, Float32Array.from(values), [width, 4]));
      tree.push({
        path: `${group}/seqlets/${track}`,
        type: 'float32',
        shape: [own.length, width, 4],
        parts: async function* () {
          for (const member of own) {
            await checkpoint();
            yield bytesOf(trackOf(await stretchOf(member, maps)));
          }
        },
      });
    }
    const numbers = (field: string, value: (member: Member) => number): void => {
      tree.push(stored(`${group}/seqlets/${field}`, Int32Array.from(own, value)));
    };
    tree.push(stored(`${group}/seqlets/n_seqlets`, Int32Array.of(own.length)));
    numbers('start', ({ start }) => start);
    numbers('end', ({ end }) => end);
    numbers('example_idx', ({ example }) => example);
    tree.push(
      stored(
        `${group}/seqlets/is_revcomp`,
        Int8Array.from(own, ({ minus }) => Number(minus)),
      ),
    );
  }
  await writeHdf5(await create(path), { groups: {}, arrays: tree });
  const beyond = members.filter(({ start, end }) => start < 0 || end > maps.length).length;
  if (beyond === 0) return [];
  const message = `${beyond} of ${members.length} seqlets reach beyond the ends of their examples: they have zeros there.`;
  return [{ level: 'information', code: 'export/beyond-ends', message }];
};

/** The seqlets that patterns were found among, whatever has been found out about these since. */
async function seqletsBehind(store: ResultStore, key: string): Promise<string> {
  const { map, task } = await metaOf(store, key);
  const parsed = Task.parse(task);
  if (map === 'seqlet') return key;
  if (parsed.kind !== 'correction') throw new Error(`the result ${key} is not made of seqlets`);
  return seqletsBehind(store, parsed.attribution);
}

async function membersOf(store: ResultStore, key: string): Promise<Member[]> {
  const values = await (await store.array(key, 'members')).read();
  const fields = MEMBER_FIELDS.length;
  return Array.from({ length: values.length / fields }, (_, row) => {
    const field = (name: string): number => values[row * fields + MEMBER_FIELDS.indexOf(name)]!;
    const [pattern, example] = [field('pattern'), field('example')];
    return { pattern, example, start: field('start'), end: field('end'), minus: field('minus') === 1 };
  });
}

/** A seqlet as it lies under its pattern; zeros beyond the ends of its example. */
async function stretchOf({ example, start, end, minus }: Member, { length, read }: Maps): Promise<Stretch> {
  const whole = await read(example);
  const cut = (values: Float32Array): Float32Array => {
    const columns = new Float32Array(4 * (end - start));
    const from = Math.max(0, start);
    columns.set(values.subarray(4 * from, 4 * Math.min(length, end)), 4 * (from - start));
    // The order A, C, G, T read backwards is that of the complements.
    return minus ? columns.reverse() : columns;
  };
  return { letters: cut(whole.letters), hypothetical: cut(whole.hypothetical) };
}

const bytesOf = (values: Float32Array | Int32Array | Int8Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function stored(
  path: string,
  values: Float32Array | Int32Array | Int8Array,
  shape: readonly number[] = [values.length],
): TreeArray {
  if (sizeOf(shape) !== values.length) throw new Error(`${path} has ${values.length} numbers`);
  const type = values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'int8';
  return { path, type, shape, parts: () => once(bytesOf(values)) };
}
