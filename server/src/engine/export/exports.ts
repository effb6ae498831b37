/**
 * Exports by their catalog names, and what they have in common: files that appear whole and read back, with a record of where they come
 * from in `NAME.json` beside them. The same results give the same bytes.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as z from 'zod';
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/exports.js';
import type { Call, Note } from '../../protocol.js';
import { explainWriteError } from '../../store/error.js';
import { contentOfFolder } from '../../store/folder.js';
import type { ResultStore } from '../../store/store.js';
import type { Files } from '../data/source.js';
import { Failure } from '../failure.js';
import { anndata } from './anndata.js';
import { bed } from './bed.js';
import { bedgraph } from './bedgraph.js';
import { bigwig } from './bigwig.js';
import type { Export, ExportContext } from './export.js';
import { hdf5 } from './hdf5.js';
import { meme } from './meme.js';
import { modisco } from './modisco.js';
import { npz } from './npz.js';
import { onnx } from './onnx.js';
import { OutputFile } from './output.js';
import { OutputFolder } from './output-folder.js';
import { provenanceOf } from './provenance.js';
import { tsv } from './tsv.js';
import { vcf } from './vcf.js';
import { zarr } from './zarr.js';

/** One implementation per export of the catalog. */
export const EXPORTS: { readonly [Name in keyof typeof specifications]: Export<(typeof specifications)[Name]> } = {
  tsv,
  npz,
  hdf5,
  zarr,
  anndata,
  bedgraph,
  bigwig,
  meme,
  modisco,
  bed,
  vcf,
  onnx,
};

/** `NAME.json`, as far as it is read again: the files that belong to NAME. */
const Record = z.object({
  writer: z.literal('explainome'),
  files: z.record(z.string(), z.object({ sha256: z.string() })),
});

export interface ExportRequest {
  readonly call: Call;
  /** Absolute path of the file; its folder exists. */
  readonly path: string;
  readonly store: ResultStore;
  /** Content hash → absolute path of the files behind the results. */
  readonly files: Files;
  readonly version: string;
  /** The experiment that asks for it: name and SHA-256 of its file as it lies on the disk. */
  readonly experiment?: { readonly name: string; readonly sha256: string } | undefined;
  readonly checkpoint: () => Promise<void>;
}

/**
 * Writes an export and its record. Files that were not written by an export of the same name are never replaced.
 *
 * @returns paths of the files, and what their reader should know
 * @throws Failure, StoreError, Cancelled; nothing has changed on the disk then
 */
export async function runExport(request: ExportRequest): Promise<{ paths: string[]; notes: Note[] }> {
  const { call, path, store, files, version, experiment, checkpoint } = request;
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const write = EXPORTS[call.call as keyof typeof EXPORTS] as
    ((parameters: ParametersOf<never>, context: ExportContext) => Promise<Note[]>) | undefined;
  if (!write) throw new Error(`no implementation of the export ${call.call}`);
  const recordPath = `${path}.json`;
  const own = await recordedFiles(recordPath);
  const begun: (OutputFile | OutputFolder)[] = [];
  const create = async (to: string): Promise<OutputFile> => {
    if (!own.has(basename(to)) && (await exists(to))) throw taken(to);
    const file = await OutputFile.create(to);
    begun.push(file);
    return file;
  };
  const createFolder = async (to: string): Promise<OutputFolder> => {
    // Others may have put files into it since, which would be lost, or something else in its place.
    const known = own.get(basename(to));
    const isOwn = async (): Promise<boolean> =>
      contentOfFolder(to).then(
        ({ sha256 }) => sha256 === known,
        () => false,
      );
    if ((await exists(to)) && !(known !== undefined && (await isOwn()))) throw taken(to);
    const folder = await OutputFolder.create(to);
    begun.push(folder);
    return folder;
  };
  try {
    if (own.size === 0 && (await exists(recordPath))) throw taken(recordPath);
    const notes = await write(call.parameters, { store, files, path, create, createFolder, checkpoint });
    const written: { [name: string]: { bytes: number; sha256: string } } = {};
    for (const file of begun) written[basename(file.path)] = await file.finish();
    const record = await OutputFile.create(recordPath);
    begun.unshift(record);
    const behind = await provenanceOf(call, store, files);
    const text = { writer: 'explainome', version, experiment, export: call, files: written, ...behind, notes };
    await record.write(`${JSON.stringify(text, undefined, 2)}\n`);
    await record.finish();
    await checkpoint();
    // The record first: after a crash in between, the files are still known as ours.
    for (const file of begun) await file.publish();
    return { paths: begun.slice(1).map(file => file.path), notes };
  } catch (error) {
    for (const file of begun) await file.discard();
    throw explainWriteError(error, path);
  }
}

/** The files that an earlier export of this name has written, with the hashes of what it wrote. */
async function recordedFiles(path: string): Promise<ReadonlyMap<string, string>> {
  try {
    const record = Record.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return new Map(Object.entries(record.data?.files ?? {}).map(([name, { sha256 }]) => [name, sha256]));
  } catch {
    return new Map(); // none, or no record of ours
  }
}

function taken(path: string): Failure {
  return new Failure('export/exists', 'it exists, and was not written by this export, or has changed since', {
    place: path,
    remedy: 'Name another one, or remove this.',
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
