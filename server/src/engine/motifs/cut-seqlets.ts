/** Seqlets of a stored attribution: windows of its position scores that are found at a false discovery rate. */
import type { seqlets } from '../../catalog/motifs.js';
import type { Note } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import { regionName, regionOf } from '../data/region.js';
import { Failure } from '../failure.js';
import { requireFinite } from '../metrics/metric.js';
import { metaOf } from '../steps/results.js';
import { chooseWindow, findSeqlets, foundInRandomOrder, type PositionScores, type Seqlet } from './seqlets.js';
import { fieldsOf, type MotifStage } from './stage.js';

/** Scores that are held in memory: half a gigabyte of float64. */
const MOST_SCORES = 2 ** 26;
/** Where more windows pass, few of them can be motifs of a few positions. */
const MANY = 0.25;

export const SEQLET_FIELDS = ['example', 'start', 'end', 'score', 'rate'];

export const cutSeqlets: MotifStage<typeof seqlets> = async ({ fdr, window: wanted, background }, source, context) => {
  const { store, checkpoint, title } = context;
  const own = await scoresOf(store, source, title);
  const { scores, length, names } = own;
  await checkpoint();
  const window = wanted === 'auto' ? chooseWindow(scores, length) : wanted;
  const other = background === undefined ? undefined : await scoresOf(store, background, title);
  for (const [place, positions] of [
    [title, length],
    ['background', other?.length ?? length],
  ] as const)
    if (window > positions)
      throw new Failure('seqlets/window', `windows of ${window} bp do not fit into ${positions} positions`, {
        place,
        remedy: 'Give a narrower window.',
      });
  await checkpoint();
  const { seqlets: found, passing } = findSeqlets(own, window, fdr, other);
  if (found.length === 0)
    throw new Failure(
      'seqlets/none',
      `no window of ${window} bp is found at a false discovery rate of ${Number((100 * fdr).toPrecision(6))} %`,
      {
        place: title,
        remedy: other
          ? 'Allow a higher rate, or give other windows: the attributions are not larger than those of the background.'
          : 'Allow a higher rate, give narrower windows, or give the attribution of shuffled sequences as `background`: where motifs fill a large part of each example, no null can be fitted to the windows themselves.',
      },
    );
  return {
    form: 'seqlet',
    rows: {
      columns: ['name', 'example'],
      rows: found.map(seqlet => [nameOf(seqlet, names[seqlet.example]!, length), names[seqlet.example]!]),
    },
    arrays: [
      fieldsOf(
        'array',
        'seqlet',
        SEQLET_FIELDS,
        found.map(({ example, start, end, score, rate }) => [example, start, end, score, rate]),
      ),
    ],
    notes: notesOn(found, {
      ...{ window, chosen: wanted === 'auto', passing, length, fdr },
      ...(other === undefined && { byChance: foundInRandomOrder(own, window, found) }),
    }),
  };
};

interface Scores extends PositionScores {
  readonly names: readonly string[];
}

async function scoresOf(store: ResultStore, key: string, title: string): Promise<Scores> {
  const { arrays } = await metaOf(store, key);
  const [examples, positions] = arrays.find(({ name }) => name === 'scores')?.axes ?? [];
  if (examples === undefined || positions?.name !== 'position')
    throw new Failure('seqlets/no-scores', 'the attribution has no scores of positions', {
      place: title,
      remedy: 'Name a map of DNA sequences.',
    });
  if (examples.size * positions.size > MOST_SCORES)
    throw new Failure('seqlets/size', `${examples.size} × ${positions.size} scores are too many to be held at once`, {
      place: title,
      remedy: 'Explain a sample: data some = all | sample(10000, seed: 1).',
    });
  const names = (await store.rows(key)).rows.map(([name]) => name ?? '');
  const scores = await (await store.array(key, 'scores')).read();
  requireFinite(scores, 'position scores', positions.size, names);
  return { scores, length: positions.size, names };
}

/** Where the genome has it, if the example says where it lies; else the example's name with the positions in it. */
function nameOf({ start, end }: Seqlet, name: string, length: number): string {
  const region = regionOf(name, length);
  if (region === undefined) return `${name}:${start}-${end}`;
  const { strand } = region;
  const first = strand === '-' ? region.end - end : region.start + start;
  return regionName({ ...region, start: first, end: first + end - start });
}

interface Circumstances {
  readonly window: number;
  readonly chosen: boolean;
  readonly passing: number;
  readonly length: number;
  readonly fdr: number;
  /** Where no background was given: seqlets that the same scores give in random order. */
  readonly byChance?: number;
}

function notesOn(found: readonly Seqlet[], { window, chosen, passing, length, fdr, byChance }: Circumstances): Note[] {
  const positive = found.filter(({ score }) => score > 0).length;
  const width = chosen ? `${window} bp, at which the strongest windows stand out most` : `${window} bp`;
  const share = `${(100 * passing).toPrecision(2)} %`;
  return [
    {
      level: 'information',
      code: 'seqlets/found',
      message: `${positive} positive and ${found.length - positive} negative seqlets in windows of ${width}; ${share} of all windows pass.`,
    },
    ...(passing > MANY
      ? [
          {
            level: 'warning' as const,
            code: 'seqlets/many',
            message: `${share} of all windows of ${length} positions pass: the null says little about them. Give the attribution of shuffled sequences as \`background\`, or longer sequences.`,
          },
        ]
      : []),
    ...(byChance !== undefined && byChance > fdr * found.length
      ? [
          {
            level: 'warning' as const,
            code: 'seqlets/null',
            message: `The same scores in random order give ${Math.round(byChance)} such windows, ${Math.round((100 * byChance) / found.length)} % of ${found.length}: the Laplace null does not say here how many are false. Noise differs between sequences, its tails are heavy, or motifs fill a large part of each. Give the attribution of shuffled sequences as \`background\`.`,
          },
        ]
      : []),
  ];
}
