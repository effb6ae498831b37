/**
 * What the panel remembers when the window is reloaded, for the last few files. The editor keeps it; `uri` tells the
 * extension which experiment the restored panel belongs to.
 */
import * as z from 'zod';
import { Viewpoint } from './viewpoint.js';

export const TABS = ['attributions', 'metrics', 'provenance'] as const;
export type Tab = (typeof TABS)[number];

const FileState = z.object({
  uri: z.string(),
  tab: z.enum(TABS),
  /** Pixels scrolled, by tab. */
  scroll: z.partialRecord(z.enum(TABS), z.number()),
  /** By name of the data set. */
  viewpoints: z.record(z.string(), Viewpoint),
});
export type FileState = z.infer<typeof FileState>;

export const PanelState = z.object({
  version: z.literal(1),
  /** Of the experiment that is shown. */
  uri: z.string(),
  /** Last shown first. */
  files: z.array(FileState),
});
export type PanelState = z.infer<typeof PanelState>;

const REMEMBERED = 12;

/** A kept state, or an empty one where none is kept or another version kept it. */
export function readState(kept: unknown): PanelState {
  const read = PanelState.safeParse(kept);
  return read.success ? read.data : { version: 1, uri: '', files: [] };
}

/** Moves a file to the front, with what is known about it, and forgets the files that were not seen for longest. */
export function stateOf(state: PanelState, uri: string): FileState {
  const file = state.files.find(known => known.uri === uri) ?? { uri, tab: 'attributions', scroll: {}, viewpoints: {} };
  state.uri = uri;
  state.files = [file, ...state.files.filter(known => known !== file)].slice(0, REMEMBERED);
  return file;
}
