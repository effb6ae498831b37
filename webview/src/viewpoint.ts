/** What a reader has chosen to see of one data set. In the editor it survives new results and a reload of the window. */
import * as z from 'zod';
import { ROW_ORDERS } from './rows.js';

const span = z.tuple([z.number().int(), z.number().int()]);

export const Viewpoint = z.object({
  /** The example that the logos show, and its row: names may occur twice, rows may move. */
  example: z.string().optional(),
  row: z.number().int().optional(),
  order: z.enum(ROW_ORDERS).optional(),
  /** Positions that a logo shows at once, and the middle of them; absent until the reader chooses. */
  visible: z.number().int().optional(),
  centre: z.number().optional(),
  /** The part of the heatmaps that is magnified: places in drawing order, and positions. */
  zoom: z.object({ places: span, positions: span }).optional(),
  /** Which difference of two maps is drawn beside them. */
  difference: z.string().optional(),
  /** Whether bands and fading show how sure the scores are; they do until the reader hides them. */
  uncertainty: z.boolean().optional(),
  /** One scale for all logos. */
  shared: z.boolean().optional(),
});
export type Viewpoint = z.infer<typeof Viewpoint>;

/** A viewpoint that changes, and who wants to know. */
export interface Viewing {
  readonly at: Viewpoint;
  readonly changed: () => void;
}

/** Nobody remembers it: each reader of a report begins anew. */
export const unremembered = (): Viewing => ({ at: {}, changed: () => undefined });

/** The row of a remembered example among these names; none where it is not there any more. */
export function rememberedRow({ example, row }: Viewpoint, names: readonly string[]): number | undefined {
  if (example === undefined) return undefined;
  if (row !== undefined && names[row] === example) return row;
  const found = names.indexOf(example);
  return found < 0 ? undefined : found;
}
