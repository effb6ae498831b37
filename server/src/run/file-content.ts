/**
 * The content of a file that an experiment names, as a hash. An ONNX model may keep its weights in files beside it, which PyTorch's
 * exporter does by default: those are part of its content. Source: ONNX external data format.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ResultStore } from '../store/store.js';

/** The entry "location" of a tensor's external data, as protobuf writes it: both strings with their lengths in front. */
const LOCATION = Buffer.from('\x0a\x08location\x12', 'latin1');

/** Locations by content hash of the model: a file of the same content names the same ones. */
const known = new Map<string, readonly string[]>();

/** SHA-256 as hexadecimal digits; that of the file alone where it names no others. @throws when it cannot be read */
export async function hashContent(path: string, store: ResultStore): Promise<string> {
  const own = await store.hashFile(path);
  if (!path.toLowerCase().endsWith('.onnx')) return own;
  const locations = known.get(own) ?? externalLocations(await readFile(path));
  known.set(own, locations);
  if (locations.length === 0) return own;
  const others = await Promise.all(
    // A file that is missing is the engine's to report, when it reads the model.
    locations.map(async location => [location, await store.hashFile(join(dirname(path), location)).catch(() => '')]),
  );
  return createHash('sha256')
    .update(JSON.stringify([own, others]))
    .digest('hex');
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
    // Outside the model's folder nothing is read; the engine refuses such models.
    if (!location.split(/[\\/]/).includes('..')) locations.add(location);
  }
  return [...locations].sort();
}
