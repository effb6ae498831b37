/**
 * What the store holds for one key: arrays as `.npy` files, row names as `rows.tsv`, and `meta.json`, whose presence
 * makes the result complete. This file is the format; `store.ts` reads and writes it.
 */
import * as z from 'zod';

const note = z.object({ level: z.enum(['information', 'warning']), code: z.string(), message: z.string() });

/** One axis of an array: `example`, `reference`, `position`, `base`, `field` … */
const axis = z.object({
  name: z.string(),
  size: z.number().int(),
  /** Names along a short axis, for example A, C, G, T or the columns of a table. */
  labels: z.array(z.string()).optional(),
  /** Of examples: what the classes are called that their labels number. */
  classes: z.array(z.string()).optional(),
  /** Of variants: where each is on the genome, `20:61795`; an empty text, or none at the end, where that is not known. */
  places: z.array(z.string()).optional(),
  /** Of variants: the genes over each, `BRCA1`, or the nearest, `near BRCA1`; an empty text, or none at the end, where there is none. */
  genes: z.array(z.string()).optional(),
});
export type ResultAxis = z.infer<typeof axis>;

const array = z.object({
  /** File name without `.npy`; the main array is called `array`. */
  name: z.string(),
  type: z.enum(['float32', 'float64']),
  axes: z.array(axis),
  unit: z.string(),
});
/** Layout of one array: C order, the first axis is the row axis. */
export type ArrayLayout = z.infer<typeof array>;

const statistic = z.object({
  value: z.number(),
  n: z.number().int(),
  /** Bootstrap draws in `draws.npy` (row = statistic with an interval, in order of `drawn`). */
  interval: z.tuple([z.number(), z.number()]).optional(),
  withheld: z.string().optional(),
});

const distribution = z.object({
  title: z.string(),
  unit: z.string(),
  edges: z.array(z.number()),
  counts: z.array(z.number()),
  expected: z.array(z.number()).optional(),
  expectedTitle: z.string().optional(),
});

const curve = z.object({
  title: z.string(),
  x: z.object({ title: z.string(), unit: z.string(), values: z.array(z.number()) }),
  unit: z.string(),
  series: z.array(
    z.object({
      name: z.string(),
      values: z.array(z.number()),
      low: z.array(z.number()).optional(),
      high: z.array(z.number()).optional(),
    }),
  ),
});

export const ResultMeta = z.object({
  format: z.literal(1),
  key: z.string(),
  kind: z.enum(['data', 'attribution', 'correction', 'metric', 'training', 'benchmark']),
  /** In words, for people: `integrated_gradients of binding on peaks`. */
  title: z.string(),
  /** The task as the engine was given it. */
  task: z.unknown(),
  /** Catalog revision per entry that took part. */
  arrays: z.array(array),
  rows: z.number().int(),
  /** Kind of map, or other form, of attributions and corrections. */
  map: z
    .enum([
      ...['gradient', 'contribution', 'hypothetical', 'effect'],
      ...['activation', 'interaction', 'importance', 'curve', 'rule', 'edit', 'pattern', 'seqlet'],
    ] as const)
    .optional(),
  /** Metrics: every statistic by name. */
  statistics: z.record(z.string(), statistic).optional(),
  /** Metrics: the statistics whose bootstrap draws are rows of `draws.npy`. */
  drawn: z.array(z.string()).optional(),
  distribution: distribution.optional(),
  curve: curve.optional(),
  /** Trainings: what the units of masked layers stand for, by the names of the layers. */
  units: z.record(z.string(), z.array(z.string()).readonly()).optional(),
  notes: z.array(note),
  versions: z.record(z.string(), z.string()),
  /** Wall time over all sessions that worked on it. */
  seconds: z.number(),
  /** Model passes (forward or gradient, one example each). */
  passes: z.number().int(),
  created: z.string(),
});
export type ResultMeta = z.infer<typeof ResultMeta>;

/** Rows of a result: column names and one row of text per example (name, label, source, index …). */
export interface RowTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
