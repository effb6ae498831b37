/** The files that an experiment writes for other tools: what is written, where to, and from which results. */
import { dirname, resolve } from 'node:path';
import type { SourcePlace, WrittenView } from '../language/experiment.js';
import type { Call } from '../protocol.js';
import { Ingredients, type Values } from './values.js';

export interface PlannedExport {
  /** An entry of the category `export`; results stand in it by their keys. */
  readonly call: Call;
  /** Absolute path of the file. */
  readonly path: string;
  /** Keys of the results that it is written from. */
  readonly needs: readonly string[];
  /** Content hash → absolute path, for the files that it reads beside them. */
  readonly files: { readonly [hash: string]: string };
  readonly place: SourcePlace;
}

/** @throws PlanError when a file that it reads is missing */
export async function planExport({ call: written, place }: WrittenView, values: Values): Promise<PlannedExport> {
  const used = new Ingredients();
  const folder = dirname(place.file);
  const call = await values.call(written, { place, folder }, used);
  return {
    call,
    path: resolve(folder, call.parameters['path'] as string), // the catalog gives every export an output of this name
    needs: [...used.needs],
    files: Object.fromEntries(used.files),
    place,
  };
}
