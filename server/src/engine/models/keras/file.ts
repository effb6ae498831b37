/**
 * Keras's containers: HDF5 with the architecture as JSON in the attribute `model_config` (Keras 1, Keras 2), the `.keras`
 * archive of `config.json` and `model.weights.h5` (Keras 3), and HDF5 files that hold weights only. Told by their first bytes.
 * Sources: keras/saving/hdf5_format.py of Keras 2.15, keras/src/saving/saving_lib.py of Keras 3.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { SIGNATURE as HDF5, withHdf5, type Hdf5File, type Hdf5Group } from '../../data/hdf5.js';
import { firstBytes, unreadable } from '../../data/source.js';
import { ZipFile, type ZipMember } from '../../data/zip-file.js';
import { Failure } from '../../failure.js';
import { isRecord, type Configuration } from './architecture.js';
import { layeredWeights, LAYER_GROUPS, legacyWeights, namesOf, type WeightStore } from './weights.js';

const ZIP_SIGNATURE = Buffer.from('PK');

/** An open file; valid only within `withKerasFile`. */
export interface KerasFile {
  /** Base name, for messages. */
  readonly name: string;
  /** `HDF5`, `archive`, `HDF5 weights`. */
  readonly container: string;
  /** Version of Keras that wrote the file, if it says so. */
  readonly version: string | undefined;
  readonly backend: string | undefined;
  /** The parsed architecture; undefined in a file of weights only. */
  readonly configuration: unknown;
  readonly weights: WeightStore;
}

/**
 * Opens a model file for the time of `use`.
 *
 * @throws Failure `model/not-keras`, `model/damaged-hdf5`, `model/damaged-archive`, `model/configuration`, `model/too-large`, `model/disk-full`
 */
export async function withKerasFile<Result>(path: string, use: (file: KerasFile) => Result): Promise<Result> {
  const name = basename(path);
  const head = await firstBytes(path, 'model');
  if (head.subarray(0, ZIP_SIGNATURE.length).equals(ZIP_SIGNATURE)) return withArchive(path, name, use);
  return withHdf5(
    path,
    'model',
    () => notKeras(name, 'it begins like neither HDF5 nor a ZIP archive'),
    file => use(contentOf(file, name)),
  );
}

function notKeras(name: string, found: string): Failure {
  return new Failure('model/not-keras', `the file is no Keras model: ${found}`, {
    place: name,
    remedy: 'Give a file that model.save or model.save_weights has written.',
  });
}

/** An HDF5 file of Keras 1 or 2, or of weights only. */
function contentOf(file: Hdf5File, name: string): KerasFile {
  const text = textOf(file, 'model_config');
  const inner = file.get('model_weights');
  const root = inner instanceof h5wasm.Group ? inner : file;
  // The group of weights repeats version and backend of the file.
  const about = (attribute: string): string | undefined => textOf(file, attribute) ?? textOf(root, attribute);
  const layered = LAYER_GROUPS.some(group => file.keys().includes(group));
  if (text === undefined && !layered && namesOf(root, 'layer_names') === undefined)
    throw notKeras(name, 'it has neither an attribute model_config nor weights of layers');
  return {
    name,
    container: text === undefined ? 'HDF5 weights' : 'HDF5',
    version: about('keras_version') ?? (layered ? '3' : undefined),
    backend: about('backend'),
    configuration: text === undefined ? undefined : parsed(text, `model_config of ${name}`),
    weights: layered ? layeredWeights(file, name) : legacyWeights(root, name),
  };
}

/** Bytes of the members that are text, and of a file of `model.to_json()`. */
const LARGEST_TEXT = 2 ** 28;
/** Bytes of the weights, which are unpacked to the disk. */
const LARGEST_WEIGHTS = 2 ** 34;
const WEIGHTS = 'model.weights.h5';

/**
 * A `.keras` archive. The HDF5 library reads files only, so the weights are unpacked beside the system's temporary files, for the time of
 * `use`.
 */
async function withArchive<Result>(path: string, name: string, use: (file: KerasFile) => Result): Promise<Result> {
  const zip = await opened(path, name);
  const folder = await mkdtemp(join(tmpdir(), 'explainome-'));
  try {
    const json = async (member: string): Promise<unknown> => {
      const found = zip.members.get(member);
      if (found === undefined) return undefined;
      const bytes = await orDamaged(name, () => zip.readAll(found, LARGEST_TEXT));
      return parsed(bytes.toString('utf8'), `${member} of ${name}`);
    };
    const configuration = await json('config.json');
    const weights = zip.members.get(WEIGHTS);
    if (configuration === undefined || weights === undefined)
      throw notKeras(
        name,
        `the archive holds ${[...zip.members.keys()].slice(0, 20).join(', ') || 'nothing'}, expected config.json and ${WEIGHTS}`,
      );
    const metadata = await json('metadata.json');
    const version = isRecord(metadata) ? metadata['keras_version'] : undefined;
    const unpacked = join(folder, WEIGHTS);
    await orDamaged(name, () => unpack(zip, weights, unpacked, name));
    return await withHdf5(
      unpacked,
      'model',
      () => notHdf5(name),
      file =>
        use({
          name,
          container: 'archive',
          version: typeof version === 'string' ? version : '3',
          backend: undefined,
          configuration,
          weights: layeredWeights(file, name),
        }),
    );
  } finally {
    await zip.close();
    await rm(folder, { recursive: true });
  }
}

const notHdf5 = (name: string): Failure => notKeras(name, `its ${WEIGHTS} is not HDF5`);

const opened = (path: string, name: string): Promise<ZipFile> => orDamaged(name, () => ZipFile.open(path));

/** What is wrong with the archive is wrong with the model. */
async function orDamaged<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.problem.code.startsWith('model/')) throw error;
    throw new Failure('model/damaged-archive', `the ZIP archive cannot be read: ${error.message}`, {
      place: name,
      remedy: 'Copy or write the file again.',
    });
  }
}

/** Writes a member to a file, a piece at a time, unless it begins otherwise than HDF5. */
async function unpack(zip: ZipFile, member: ZipMember, to: string, name: string): Promise<void> {
  if (member.size > LARGEST_WEIGHTS)
    throw new Failure('model/too-large', `its ${WEIGHTS} has ${member.size.toLocaleString('en')} bytes`, {
      place: name,
      remedy: `At most ${LARGEST_WEIGHTS.toLocaleString('en')} are unpacked: save the weights by themselves, model.save_weights("model.weights.h5").`,
    });
  const content = async function* (): AsyncGenerator<Buffer> {
    let isFirst = true;
    for await (const part of zip.read(member)) {
      if (isFirst && !part.subarray(0, HDF5.length).equals(HDF5)) throw notHdf5(name);
      isFirst = false;
      yield part;
    }
  };
  try {
    await writeFile(to, content());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    throw new Failure('model/disk-full', `its ${WEIGHTS} does not fit on the disk of ${tmpdir()}`, {
      place: name,
      remedy: `Free ${member.size.toLocaleString('en')} bytes, or set TMPDIR to a folder on another disk.`,
    });
  }
}

/** Reads an architecture that stands in a file of its own: `model.to_json()`. @throws Failure */
export async function readArchitectureFile(path: string): Promise<Configuration> {
  const name = basename(path);
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > LARGEST_TEXT) throw new Error(`it has ${size} bytes, more than ${LARGEST_TEXT}`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error, 'model');
  }
  const value = parsed(text, name);
  if (isRecord(value)) return value;
  throw new Failure('model/configuration', 'the file holds no architecture', {
    place: name,
    remedy: 'Give a file with the text of model.to_json().',
  });
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure('model/configuration', `it is not JSON: ${String(error)}`, { place });
  }
}

/** A text attribute, stored as a string or as bytes. */
function textOf(holder: Hdf5Group, name: string): string | undefined {
  const value = holder.attrs[name]?.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' ? value : undefined;
}
