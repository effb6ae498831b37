/** Known motifs that stored patterns are alike. The statistic is in `tomtom.ts`. */
import type { match_motifs } from '../../catalog/motifs.js';
import type { ArrayLayout } from '../../store/result.js';
import type { ResultStore } from '../../store/store.js';
import { probabilities, readMotifs, reverseComplement, type Motif } from '../data/motifs.js';
import { Failure } from '../failure.js';
import { adjusted } from '../metrics/discoveries.js';
import { metaOf } from '../steps/results.js';
import { BASE_AXIS, fieldsOf, type MotifStage, type StoredArray } from './stage.js';
import { matchMotifs, type MotifMatch } from './tomtom.js';

/** What is added to the table of patterns. */
const MATCH_COLUMNS = ['motif', 'called', 'p_value', 'e_value', 'q_value'];

export const annotateMotifs: MotifStage<typeof match_motifs> = async (parameters, source, context) => {
  const { store, files, checkpoint, title } = context;
  const { library: file, ...options } = parameters;
  const library = await readMotifs(files[file]!);
  const targets = library.map(motif => probabilities(motif));
  const patterns = await patternsOf(store, source, title);
  const matched = new Float32Array(patterns.matrix.length);
  const rows: string[][] = [];
  const best: number[][] = [];
  const pValues: number[] = [];
  const allQ: number[] = [];
  for (const [row, known] of patterns.rows.entries()) {
    await checkpoint();
    const [from, to] = patterns.spans[row]!;
    const at = row * patterns.width;
    const query = patterns.matrix.slice(4 * (at + from), 4 * (at + to));
    if (patterns.sites?.[row] === 0) {
      pValues.push(...targets.map(() => NaN));
      allQ.push(...targets.map(() => NaN));
      best.push([NaN, NaN, NaN, NaN, NaN, NaN]);
      rows.push([...known, ...MATCH_COLUMNS.map(() => '')]);
      continue;
    }
    const matches = matchMotifs(query, targets, options);
    const ps = Float64Array.from(matches, ({ pValue }) => pValue);
    const qs = adjusted(ps);
    const target = ps.indexOf(Math.min(...ps));
    const match = matches[target]!;
    pValues.push(...ps);
    allQ.push(...qs);
    const numbers = [match.pValue, match.pValue * targets.length, qs[target]!];
    best.push([target, ...numbers, match.offset - from, Number(match.turned)]);
    rows.push([...known, library[target]!.id, library[target]!.name, ...numbers.map(value => value.toExponential(3))]);
    matched.set(laidOn(targets[target]!, match, from, patterns.width), 4 * at);
  }
  const motifAxis = { name: 'motif', size: library.length, labels: library.map(labelOf) };
  const table = (name: string, values: readonly number[]): StoredArray => ({
    layout: { name, type: 'float64', unit: 'probability', axes: [patterns.axis, motifAxis] },
    data: Float64Array.from(values),
  });
  return {
    form: 'pattern',
    rows: { columns: [...patterns.columns, ...MATCH_COLUMNS], rows },
    arrays: [
      ...patterns.arrays,
      {
        layout: { name: 'matched', type: 'float32', unit: 'probability', axes: patterns.axes },
        data: matched,
      },
      fieldsOf('match', patterns.axis.name, ['motif', 'p_value', 'e_value', 'q_value', 'offset', 'minus'], best),
      table('p_values', pValues),
      table('q_values', allQ),
    ],
    notes: [],
  };
};

/** How a motif of a library is called where one name is wanted. */
function labelOf({ id, name }: Motif): string {
  return id === name ? id : `${id} ${name}`;
}

/** The columns of a target as they lie on a pattern; zeros where it does not reach. */
function laidOn(target: Float64Array, { offset, turned }: MotifMatch, from: number, width: number): Float32Array {
  const columns = turned ? reverseComplement(target) : target;
  return Float32Array.from({ length: 4 * width }, (_, i) => columns[i + 4 * (offset - from)] ?? 0);
}

async function patternsOf(store: ResultStore, key: string, title: string) {
  const { arrays: layouts } = await metaOf(store, key);
  const { axes = [], unit } = layouts.find(({ name }) => name === 'array') ?? {};
  const [axis, position, base] = axes;
  if (axis === undefined || position === undefined || base?.name !== 'base' || unit !== 'probability')
    throw new Failure('motifs/no-patterns', 'the result holds no motifs of probabilities', {
      place: title,
      remedy: 'Compare the patterns of seqlets, or those of filters_to_pwms.',
    });
  const kept = layouts.filter(({ name }) => !['matched', 'match', 'p_values', 'q_values'].includes(name));
  const arrays: StoredArray[] = [];
  for (const layout of kept) arrays.push({ layout, data: await (await store.array(key, layout.name)).read() });
  const dataOf = (name: string): StoredArray['data'] | undefined =>
    arrays.find(({ layout }) => layout.name === name)?.data;
  const span = dataOf('span');
  const { columns, rows } = await store.rows(key);
  // Patterns that are compared with another library lose their earlier matches.
  const isKept = (at: number): boolean => !MATCH_COLUMNS.includes(columns[at]!);
  return {
    columns: columns.filter((_, at) => isKept(at)),
    rows: rows.map(cells => cells.filter((_, at) => isKept(at))),
    axis: { name: axis.name, size: axis.size },
    axes: [axis, position, BASE_AXIS] satisfies ArrayLayout['axes'],
    width: position.size,
    matrix: Float64Array.from(dataOf('array')!),
    spans: Array.from({ length: axis.size }, (_, row): readonly [number, number] =>
      span ? [span[2 * row]!, span[2 * row + 1]!] : [0, position.size],
    ),
    sites: dataOf('sites'),
    arrays,
  };
}
