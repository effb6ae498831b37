/**
 * TensorFlow.js layers models: `model.json` with the architecture as Keras writes it and a manifest of weight files beside it.
 * Source: tfjs-core/src/io/types.ts (`ModelJSON`) and tfjs-layers/src/models.ts of TensorFlow.js 4.22.
 */
import { basename } from 'node:path';
import { Failure } from '../../failure.js';
import { importArchitecture, type KerasOptions } from '../keras.js';
import { isRecord } from '../keras/architecture.js';
import { readArchitectureFile } from '../keras/file.js';
import { originOf } from '../keras/origin.js';
import type { ImportedModel } from '../onnx.js';
import { namedWeights, readWeights } from './weights.js';

/**
 * @param path of `model.json`
 * @throws Failure `model/tfjs-graph` for graph models, and what importing Keras models throws
 */
export async function importTfjs(path: string, options: Pick<KerasOptions, 'customLayers'>): Promise<ImportedModel> {
  const file = basename(path);
  const { modelTopology: topology, weightsManifest, format, generatedBy } = await readArchitectureFile(path);
  if (format === 'graph-model' || (isRecord(topology) && 'node' in topology))
    throw new Failure('model/tfjs-graph', 'the file is a TensorFlow.js graph model; expected a layers model', {
      place: file,
      remedy: 'Convert the original model with --output_format=tfjs_layers_model, or to ONNX with tf2onnx.',
    });
  if (!isRecord(topology))
    throw new Failure('model/not-tfjs', 'the file has no modelTopology', {
      place: file,
      remedy: 'Give the model.json of a TensorFlow.js layers model.',
    });
  // The converter wraps what Keras writes; TensorFlow.js itself writes its own version.
  const { keras_version: version, model_config: inner } = topology;
  const written = typeof version === 'string' && /^\d/.test(version) ? version : '2';
  return {
    graph: importArchitecture(inner ?? topology, {
      file,
      origin: originOf(written, 'tensorflow'),
      weights: namedWeights(await readWeights(weightsManifest, path, file)),
      options,
    }),
    format: 'TensorFlow.js layers model',
    producer: typeof generatedBy === 'string' ? generatedBy : typeof version === 'string' ? version : '',
  };
}
