/** ONNX models: reads a file, and the data files beside it, and brings it to the common form. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Note } from '../../protocol.js';
import { unreadable } from '../data/source.js';
import { Failure } from '../failure.js';
import type { Graph } from '../graph/graph.js';
import { readOnnx } from '../graph/onnx.js';
import { externalDataOf } from './onnx/external-data.js';
import { normalise } from './onnx/normalise.js';
import { inSinglePrecision } from './onnx/precision.js';

/** A model as imported: a graph in the common form with all its inputs and outputs, with symbols for open axes. */
export interface ImportedModel {
  readonly graph: Graph;
  /** `ONNX, operator set 17`. */
  readonly format: string;
  readonly producer: string;
  /** What the import changed that a user should know. */
  readonly notes?: readonly Note[];
}

const OLDEST = 11;
/** The newest operator set that the native runtime knows (onnxruntime 1.30). */
const NEWEST = 26;

/** @throws Failure for files that cannot be read or hold what the engine does not know */
export async function importOnnx(path: string): Promise<ImportedModel> {
  const file = basename(path);
  const { graph, opset, producer, widened } = readOnnx(await fileAt(path), file, externalDataOf(path));
  if (opset < OLDEST || opset > NEWEST)
    throw new Failure('model/opset', `operator set ${opset} is not one of ${OLDEST} to ${NEWEST}`, {
      place: file,
      remedy: 'Convert it with onnx.version_converter.convert_version(model, 18).',
    });
  const normal = normalise(graph, opset);
  const single = inSinglePrecision(normal);
  const converted = [...widened, ...(single === normal ? [] : ['float64'])];
  return {
    graph: single,
    format: `ONNX, operator set ${opset}`,
    producer,
    notes: converted.map(type => ({
      level: 'information',
      code: 'model/precision',
      message: `Values of type ${type} are computed in float32.`,
    })),
  };
}

async function fileAt(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error, 'model');
  }
}
