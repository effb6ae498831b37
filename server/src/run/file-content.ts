/**
 * The content of a file that an experiment names, as a hash; that of a folder, as Zarr stores are, goes over all files in it. An ONNX model may keep its weights in files beside it, which PyTorch's
 * exporter does by default, and one of TensorFlow.js always does: those are part of its content. Sources: ONNX external data
 * format; tfjs-core/src/io/types.ts (`WeightsManifestConfig`).
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import * as z from 'zod';
import { contentOfFolder, filesIn } from '../store/folder.js';
import type { ResultStore } from '../store/store.js';

/** The entry "location" of a tensor's external data, as protobuf writes it: both strings with their lengths in front. */
const LOCATION = Buffer.from('\x0a\x08location\x12', 'latin1');

/** Locations by content hash of the model: a file of the same content names the same ones. */
const known = new Map<string, readonly string[]>();

/** Hashes of folders by their paths and the states of all files in them. */
const knownFolders = new Map<string, string>();

/** SHA-256 as hexadecimal digits; that of the file alone where it names no others. @throws when it cannot be read */
export async function hashContent(path: string, store: ResultStore): Promise<string> {
  if ((await stat(path)).isDirectory()) return hashFolder(path);
  const own = await store.hashFile(path);
  const locations = await locationsOf(path, own);
  if (locations.length === 0) return own;
  const others = await Promise.all(
    // A file that is missing is the engine's to report, when it reads the model.
    locations.map(async location => [location, await store.hashFile(join(dirname(path), location)).catch(() => '')]),
  );
  return createHash('sha256')
    .update(JSON.stringify([own, others]))
    .digest('hex');
}

/** Genotypes of PLINK lie beside their variants and people; intervals in a BED text file have neither. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  '.bed': ['.bim', '.fam'],
  '.pgen': ['.pvar', '.pvar.zst', '.psam'],
};

/** A hash that changes when a file in the folder does: of their names, sizes and times of change. @throws when it cannot be read */
export async function folderState(folder: string): Promise<string> {
  const digest = createHash('sha256');
  for (const file of await filesIn(folder)) {
    const { size, mtimeMs } = await stat(join(folder, file));
    digest.update(JSON.stringify([file, size, mtimeMs]));
  }
  return digest.digest('hex');
}

async function hashFolder(folder: string): Promise<string> {
  const state = `${folder} ${await folderState(folder)}`;
  let hash = knownFolders.get(state);
  if (hash === undefined) {
    hash = (await contentOfFolder(folder)).sha256;
    knownFolders.set(state, hash);
  }
  return hash;
}

/** The files that belong to one, relative to its folder. */
async function locationsOf(path: string, hash: string): Promise<readonly string[]> {
  // A matrix of Cell Ranger has its barcodes and features beside it, all three with the name of a sample in front or none.
  const sample = /^(.*)matrix\.mtx(\.gz)?$/i.exec(basename(path))?.[1];
  if (sample !== undefined)
    return ['barcodes', 'features', 'genes'].flatMap(table => [`${sample}${table}.tsv`, `${sample}${table}.tsv.gz`]);
  const ending = extname(path);
  const beside = BESIDE[ending.toLowerCase()];
  if (beside !== undefined) return beside.map(other => `${basename(path, ending)}${other}`);
  const reader = LOCATIONS[ending.toLowerCase()];
  if (reader === undefined) return [];
  const locations = known.get(hash) ?? reader(await readFile(path));
  known.set(hash, locations);
  return locations;
}

/** The files that an ONNX model keeps its weights in, relative to its folder, each once. */
export function externalLocations(model: Buffer): readonly string[] {
  const locations = new Set<string>();
  for (let at = model.indexOf(LOCATION); at >= 0; at = model.indexOf(LOCATION, at + 1)) {
    let start = at + LOCATION.length;
    let length = 0;
    // The length is a number in groups of seven bits, the last one without the eighth.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = model[start++] ?? 0;
      length += (byte & 127) << shift;
      if (byte < 128) break;
    }
    const location = model.toString('utf8', start, start + length);
    locations.add(location);
  }
  return [...locations].filter(staysInside).sort();
}

const Manifest = z.object({ weightsManifest: z.array(z.object({ paths: z.array(z.string()) })) });

/** The weight files of a TensorFlow.js model, relative to its folder; none for any other JSON. */
export function manifestLocations(model: Buffer): readonly string[] {
  try {
    const { weightsManifest } = Manifest.parse(JSON.parse(model.toString('utf8')));
    return weightsManifest.flatMap(({ paths }) => paths).filter(staysInside);
  } catch {
    return [];
  }
}

/** Outside the model's folder nothing is read; the engine refuses such models. */
const staysInside = (location: string): boolean => !location.split(/[\\/]/).includes('..');

/** How the files that a model consists of are found, by its ending. */
const LOCATIONS: Readonly<Record<string, (model: Buffer) => readonly string[]>> = {
  '.onnx': externalLocations,
  '.json': manifestLocations,
};
