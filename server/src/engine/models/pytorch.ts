/**
 * Weights that PyTorch wrote, `torch.save(model.state_dict(), …)` or safetensors, for a network that the experiment declares. What the
 * code of the network was stands in neither, and code in a file is refused.
 */
import { basename } from 'node:path';
import { readRange } from '../data/range.js';
import { openFile } from '../data/source.js';
import { ZipFile } from '../data/zip-file.js';
import { Failure } from '../failure.js';
import type { ImportedModel } from './onnx.js';
import { draft, importDeclared, type DeclaredNetwork } from './pytorch/declared.js';
import { isSafetensors, safeTensors } from './pytorch/safetensors.js';
import type { TensorFile } from './pytorch/tensors.js';
import { archivedTensors, streamedTensors } from './pytorch/torch-file.js';

export interface PyTorchOptions {
  readonly network?: DeclaredNetwork;
  /** Which dictionary of a checkpoint holds the weights. */
  readonly key?: string;
}

/** @throws Failure for files that are not weights of PyTorch, that hold code, and that are of another network */
export async function importPyTorch(path: string, { network, key }: PyTorchOptions): Promise<ImportedModel> {
  return withTensors(path, key, async file => {
    if (network === undefined)
      throw new Failure(
        'model/weights-only',
        `the file holds weights, but not the network: ${draft(file)} as far as they tell`,
        {
          place: file.name,
          remedy:
            'Declare it with its activations and pools, network net = layers([…]), and name it: pytorch("…", input: dna(100), network: net).',
        },
      );
    const types = [...new Set(file.tensors.map(({ element }) => element))].filter(type =>
      /^(b?float(16|64|8.*))$/.test(type),
    );
    return {
      graph: await importDeclared(file, network),
      format: file.format,
      producer: 'PyTorch',
      notes: types.map(type => ({
        level: 'information',
        code: 'model/precision',
        message: `Values of type ${type} are computed in float32.`,
      })),
    };
  });
}

/** Opens a file by its first bytes, for the time of `use`. */
async function withTensors<Result>(
  path: string,
  key: string | undefined,
  use: (file: TensorFile) => Promise<Result>,
): Promise<Result> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const head = await readRange(file, 0, Math.min(size, 16), found => notPyTorch(path, found));
    if (head[0] === 0x80) return await use(await streamedTensors(file, path, key));
    if (head.toString('latin1', 0, 2) === 'PK')
      return await withArchive(path, zip => archivedTensors(zip, path, key).then(use));
    if (isSafetensors(head)) return await use(await safeTensors(file, path));
    throw notPyTorch(path, 'it begins like no ZIP archive, no pickle and no safetensors file');
  } finally {
    await file.close();
  }
}

async function withArchive<Result>(path: string, use: (zip: ZipFile) => Promise<Result>): Promise<Result> {
  const zip = await ZipFile.open(path);
  try {
    return await use(zip);
  } finally {
    await zip.close();
  }
}

function notPyTorch(path: string, found: string): Failure {
  return new Failure('model/not-pytorch', `the file holds no weights of PyTorch: ${found}`, {
    place: basename(path),
    remedy:
      'Give a file of torch.save(model.state_dict(), …) or a .safetensors file; Keras files are opened by keras("…").',
  });
}
