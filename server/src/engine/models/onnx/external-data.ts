/** Weights that an ONNX model keeps in files beside it. Source: ONNX external data format. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { unreadable } from '../../data/source.js';
import { Failure } from '../../failure.js';
import type { ExternalData } from '../../graph/onnx.js';

/**
 * @param model path of the model; its data lie in its folder or below, links followed
 * @throws Failure `model/external-data` for other places and for files that are too short, `model/unreadable`
 */
export function externalDataOf(model: string): ExternalData {
  return (location, offset, length, place) => {
    const path = inside(dirname(model), location, place);
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch (error) {
      throw unreadable(path, error, 'model');
    }
    try {
      const { size } = fstatSync(file);
      const wanted = length ?? size - offset;
      if (offset + wanted > size || wanted < 0)
        throw new Failure(
          'model/external-data',
          `${location} has ${size} bytes, of which ${offset} to ${offset + wanted} are asked for`,
          { place, remedy: 'Copy the data file whole, beside the model.' },
        );
      const bytes = new Uint8Array(wanted);
      for (let at = 0; at < wanted;) {
        const count = readSync(file, bytes, at, wanted - at, offset + at);
        if (count === 0) throw unreadable(path, new Error('the file ended early'), 'model');
        at += count;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  };
}

/** The path of a file in a folder. A location may not lead out of it, by name or by a link. */
export function inside(folder: string, location: string, place: string): string {
  const leavesFolder = (from: string, to: string): boolean => {
    const way = relative(from, to);
    return way === '' || way.split(/[\\/]/)[0] === '..' || isAbsolute(way);
  };
  const outside = new Failure('model/external-data', `the weights lie outside the model's folder, in "${location}"`, {
    place,
    remedy: 'Put the data file beside the model and save it again with a relative location.',
  });
  const path = join(folder, location);
  if (isAbsolute(location) || leavesFolder(folder, path)) throw outside;
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    throw unreadable(path, error, 'model');
  }
  if (leavesFolder(realpathSync(folder), real)) throw outside;
  return real;
}
