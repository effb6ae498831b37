/** Patterns of stored seqlets: reads the maps behind them, finds what is alike, and stores matrices and members. */
import type { patterns as specification } from '../../catalog/motifs.js';
import type { MapKind } from '../../catalog/specification.js';
import { Task } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { dataOf, metaOf } from '../steps/results.js';
import { consensusOf, findPatterns, frequencies, informativeSpan } from './patterns.js';
import type { Pattern } from './laying.js';
import { SEQLET_FIELDS } from './cut-seqlets.js';
import { BASE_AXIS, fieldsOf, type MotifStage, type StoredArray } from './stage.js';
import { cutStrips } from './strips.js';

/** Columns of `members`: one line for each seqlet of a pattern. */
export const MEMBER_FIELDS = ['pattern', 'example', 'start', 'end', 'minus', 'score', 'similarity', 'seqlet'];

export const clusterSeqlets: MotifStage<typeof specification> = async (parameters, source, context) => {
  const { store, checkpoint, title } = context;
  const { flank: wanted, trim, ...options } = parameters;
  const seqlets = await seqletsOf(store, source);
  const window = seqlets[0]!.end - seqlets[0]!.start;
  const flank = wanted === 'auto' ? Math.ceil(window / 2) : wanted;
  const { length, read } = await mapsBehind(store, source);
  const strips = await cutStrips(seqlets, { length, window, flank }, async example => {
    await checkpoint();
    return read(example);
  });
  const found: { sign: 1 | -1; pattern: Pattern }[] = [];
  for (const sign of [1, -1] as const) {
    const some = Array.from(seqlets.keys()).filter(i => Math.sign(seqlets[i]!.score) === sign);
    const patterns = await findPatterns(strips, some, options, checkpoint);
    found.push(...patterns.map(pattern => ({ sign, pattern })));
  }
  if (found.length === 0)
    throw new Failure('patterns/none', `no ${options.least} of ${seqlets.length} seqlets are alike`, {
      place: title,
      remedy: 'Explain more examples, or ask for fewer seqlets (least: …).',
    });
  const counted = { '1': 0, '-1': 0 };
  const names = found.map(({ sign }) => `${sign > 0 ? 'positive' : 'negative'} ${++counted[sign]}`);
  const members = found.flatMap(({ pattern }, number) =>
    pattern.members.map(({ seqlet, moved, turned, similarity }) => {
      const { example, start, score } = seqlets[seqlet]!;
      const first = start - flank + moved;
      return [number, example, first, first + strips.width, Number(turned), score, similarity, seqlet];
    }),
  );
  const spans = found.map(({ pattern }) => informativeSpan(pattern.counts, trim));
  return {
    form: 'pattern',
    rows: {
      columns: ['name', 'seqlets', 'consensus'],
      rows: found.map(({ pattern: { members: own, counts } }, i) => [
        names[i]!,
        `${own.length}`,
        consensusOf(counts, spans[i]!),
      ]),
    },
    arrays: [
      ...matrices(found.map(({ pattern }) => pattern)),
      fieldsOf('span', 'pattern', ['from', 'to'], spans),
      fieldsOf('members', 'member', MEMBER_FIELDS, members),
    ],
    notes: [
      {
        level: 'information',
        code: 'patterns/found',
        message: `${members.length} of ${seqlets.length} seqlets are in ${found.length} pattern${found.length === 1 ? '' : 's'} of ${strips.width} positions, ${flank} on either side of the window.`,
      },
    ],
  };
};

interface StoredSeqlet {
  readonly example: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

async function seqletsOf(store: ResultStore, key: string): Promise<StoredSeqlet[]> {
  const values = await (await store.array(key)).read();
  const fields = SEQLET_FIELDS.length;
  return Array.from({ length: values.length / fields }, (_, row) => {
    const [example, start, end, score] = values.subarray(row * fields);
    return { example: example!, start: start!, end: end!, score: score! };
  });
}

/** The maps that seqlets were cut from, example by example, as hypothetical contributions with the letters that are there. */
export async function mapsBehind(store: ResultStore, seqlets: string) {
  const task = Task.parse((await metaOf(store, seqlets)).task);
  if (task.kind !== 'correction') throw new Error(`the result ${seqlets} holds no seqlets`);
  const map = task.attribution;
  const kind = (await metaOf(store, map)).map as MapKind; // the language lets no other form reach seqlets
  const values = await store.array(map);
  const examples = await StoredExamples.open(store, await dataOf(store, map));
  return {
    length: examples.length,
    read: async (example: number) => ({
      hypothetical: hypotheticalOf(kind, Float32Array.from(await values.read(example, example + 1))),
      letters: await examples.inputs(example, example + 1),
    }),
  };
}

/**
 * A map as hypothetical contributions, whose value at the base that is there is the position score. A gradient is taken for
 * them, as from a reference of zeros; effects are centred over the bases and scaled by 4/3, because the base that is there has none.
 */
export function hypotheticalOf(kind: MapKind, map: Float32Array): Float32Array {
  if (kind !== 'effect') return map;
  return map.map((value, at) => {
    const [a, c, g, t] = map.subarray(at - (at % 4), at - (at % 4) + 4);
    return ((value - (a! + c! + g! + t!) / 4) * 4) / 3;
  });
}

function matrices(patterns: readonly Pattern[]): StoredArray[] {
  const pattern = { name: 'pattern', size: patterns.length };
  const position = { name: 'position', size: patterns[0]!.counts.length / 4 };
  const all = (of: (one: Pattern) => Float64Array): number[] => patterns.flatMap(one => [...of(one)]);
  const axes = [pattern, position, BASE_AXIS];
  return [
    {
      layout: { name: 'array', type: 'float32', unit: 'probability', axes },
      data: Float32Array.from(all(({ counts }) => frequencies(counts))),
    },
    {
      layout: { name: 'contributions', type: 'float32', unit: 'target', axes },
      data: Float32Array.from(all(({ contributions }) => contributions)),
    },
    {
      layout: { name: 'hypothetical', type: 'float32', unit: 'target', axes },
      data: Float32Array.from(all(({ hypothetical }) => hypothetical)),
    },
    {
      layout: { name: 'counts', type: 'float64', unit: 'sites', axes },
      data: Float64Array.from(all(({ counts }) => counts)),
    },
    {
      layout: { name: 'sites', type: 'float64', unit: 'sites', axes: [pattern] },
      data: Float64Array.from(patterns, ({ members }) => members.length),
    },
  ];
}
