/** References from a file: one for all examples, or each example's own. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/references.js';
import { fasta } from '../../data/fasta.js';
import { eachNumber, openMember, openNpy, type NumpyArray } from '../../data/npy.js';
import { writeOneHot } from '../../data/one-hot.js';
import { pathOf } from '../../data/source.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { ZipFile } from '../../data/zip-file.js';
import { Failure } from '../../failure.js';
import { sizeOf } from '../../graph/graph.js';
import { MOST_NUMBERS } from './data.js';
import type { Reference, Surroundings } from './reference.js';

type Parameters = ParametersOf<typeof specifications.from_file>;

/**
 * @throws Failure `reference/shape`, `reference/name`, `reference/array`, `reference/number`, and what the formats' readers say
 */
export async function fromFile(parameters: Parameters, { examples, files }: Surroundings): Promise<Reference> {
  const path = pathOf(parameters.path, files);
  if (/\.npy$/i.test(path)) {
    requireNoName(parameters, path);
    return fromArray(await openNpy(path), examples);
  }
  if (!/\.npz$/i.test(path)) {
    requireNoName(parameters, path);
    return fromSequences(parameters.path, path, { examples, files });
  }
  const zip = await ZipFile.open(path);
  try {
    return await fromArray(await openMember(zip, memberOf(zip, parameters.array, path), path), examples);
  } finally {
    await zip.close();
  }
}

function requireNoName({ array }: Parameters, place: string): void {
  if (array === undefined) return;
  throw new Failure('reference/array', `"${array}" names an array, and only .npz archives hold several`, {
    place,
    remedy: 'Leave the name out.',
  });
}

function memberOf({ members }: ZipFile, name: string | undefined, place: string) {
  const known = [...members.keys()].map(member => member.replace(/\.npy$/, ''));
  const member = members.get(`${name ?? (known.length === 1 ? known[0] : '')}.npy`);
  if (member) return member;
  const found = name === undefined ? `the archive has ${known.length} arrays` : `the archive has no array "${name}"`;
  throw new Failure('reference/array', `${found}; it has: ${known.slice(0, 20).join(', ') || 'none'}`, {
    place,
    remedy: 'Say which one holds the references: from_file("…", array: "…").',
  });
}

/** [… shape], [example, … shape] or [example, reference, … shape], where a single example stands for all. */
async function fromArray(array: NumpyArray, examples: StoredExamples): Promise<Reference> {
  const { count } = examples.whole;
  const { shape, place } = array;
  const { shape: wanted, size } = examples;
  const leading = shape.slice(0, Math.max(0, shape.length - wanted.length));
  const [rows = 1, copies = 1] = leading;
  const own = shape.slice(leading.length);
  if (own.join() !== wanted.join() || leading.length > 2 || (rows !== 1 && rows !== count) || copies < 1)
    throw new Failure(
      'reference/shape',
      `the array has the shape [${shape.join(', ')}], expected [${wanted.join(', ')}], [${count}, ${wanted.join(', ')}], or ` +
        `[${count}, references, ${wanted.join(', ')}] for ${count} examples`,
      { place, remedy: remedyFor(own, wanted) },
    );
  if (sizeOf(shape) > MOST_NUMBERS)
    throw new Failure('reference/size', `the array has ${sizeOf(shape).toLocaleString('en')} numbers`, {
      place,
      remedy: `Give at most ${MOST_NUMBERS.toLocaleString('en')}.`,
    });
  const values = new Float32Array(sizeOf(shape));
  await eachNumber(array, (value, at) => {
    if (!Number.isFinite(value))
      throw new Failure('reference/number', `found ${value}, expected a finite number`, {
        place: `${place}, element ${at} in C order`,
        remedy: 'Write a number for every feature.',
      });
    values[at] = value;
  });
  return {
    copies,
    fill({ row }, out) {
      const at = rows === 1 ? 0 : examples.rowInWhole(row);
      out.set(values.subarray(at * copies * size, (at + 1) * copies * size));
      return copies;
    },
  };
}

function remedyFor(own: readonly number[], wanted: readonly number[]): string {
  return wanted.length === 2 && own.toReversed().join() === wanted.join()
    ? 'Bases are the last axis, in the order A, C, G, T: write numpy.swapaxes(array, -1, -2).'
    : 'Write one reference for all examples, or one for each of the data set in its order.';
}

/** One sequence for all examples, or one for each by its name. */
async function fromSequences(
  hash: string,
  place: string,
  { examples, files }: Pick<Surroundings, 'examples' | 'files'>,
): Promise<Reference> {
  const { names, letters, length } = await fasta.read({ path: hash, ambiguous: 'uniform' }, files);
  if (examples.space.alphabet !== 'dna' || length !== examples.length)
    throw new Failure(
      'reference/shape',
      `the file has sequences of ${length} bases, and the examples have the shape [${examples.shape.join(', ')}]`,
      { place, remedy: 'Give references of the same form as the examples.' },
    );
  const rows = new Map(names.map((name, row) => [name, row]));
  const missing = names.length === 1 ? undefined : examples.names.find(name => !rows.has(name));
  if (missing !== undefined)
    throw new Failure('reference/name', `none of the ${names.length} sequences has the name "${missing}"`, {
      place,
      remedy: 'Give one sequence for all examples, or one for each under its name.',
    });
  return {
    copies: 1,
    fill({ row }, out) {
      const at = names.length === 1 ? 0 : rows.get(examples.names[row]!)!;
      writeOneHot(letters.subarray(at * length, (at + 1) * length), out);
      return 1;
    },
  };
}
