/**
 * The containers of `torch.save`: ZIP archives (since PyTorch 1.6) of a pickle and one member for each storage, and the stream of
 * five pickles with the storages behind them that older versions wrote. The pickles are read as data.
 * Source: torch/serialization.py (`_save`, `_load`, `_legacy_save`, `_legacy_load`) of PyTorch 2.13.
 */
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { readRange } from '../../data/range.js';
import type { ZipFile, ZipMember } from '../../data/zip-file.js';
import { Failure } from '../../failure.js';
import { unpickle, type Pickled } from './pickle.js';
import { liesInside, type Storage, type StoredTensor, type TensorFile } from './tensors.js';
import { meanings, TensorView, type StorageName } from './torch-names.js';

/** Bytes of the pickles: they hold names and numbers, never values. */
const LARGEST_PICKLE = 1 << 26;

const damaged = (place: string, found: string): Failure =>
  new Failure('model/damaged-pytorch', `the file is damaged or cut off: ${found}`, {
    place,
    remedy: 'Copy or write the file again.',
  });

/**
 * The state dict of an archive.
 *
 * @param key of the dictionary in a checkpoint that holds it
 * @throws Failure `model/not-pytorch`, `model/torchscript`, `model/damaged-pytorch`, `model/checkpoint`, and what the pickle throws
 */
export async function archivedTensors(zip: ZipFile, path: string, key: string | undefined): Promise<TensorFile> {
  const name = basename(path);
  const pickle = [...zip.members.values()].find(member => /^([^/]*\/)?data\.pkl$/.test(member.name));
  const prefix = pickle?.name.slice(0, -'data.pkl'.length) ?? '';
  const script = [...zip.members.keys()].find(member => member.startsWith(`${prefix}code/`));
  if (script !== undefined)
    throw new Failure('model/torchscript', `the file is a TorchScript model, which is code (${script})`, {
      place: name,
      remedy:
        'Nothing in it was run. Where the file comes from: torch.save(torch.jit.load("…").state_dict(), "weights.pt").',
    });
  if (pickle === undefined)
    throw new Failure('model/not-pytorch', 'the archive holds no data.pkl, as those of torch.save do', {
      place: name,
      remedy: 'Give a file of torch.save(model.state_dict(), …); a .keras archive is opened by keras("…").',
    });
  const order = zip.members.get(`${prefix}byteorder`);
  const little = order === undefined || (await zip.readAll(order, 16)).toString('latin1') !== 'big';
  const named = new Map<string, StorageName>();
  const { value } = unpickle(await zip.readAll(pickle, LARGEST_PICKLE), 0, meanings(named), name);
  const storages = new Map<string, Storage>();
  for (const { key: of, count, width } of named.values()) {
    const member = zip.members.get(`${prefix}data/${of}`);
    if (member?.size !== count * width)
      throw damaged(name, `the storage ${of} should have ${count * width} bytes, and has ${member?.size ?? 'none'}`);
    storages.set(of, { bytes: member.size, little, read: (from, to) => bytesOf(zip, member, from, to) });
  }
  return {
    name,
    format: 'PyTorch, archive',
    ordered: true,
    tensors: tensorsOf(stateDict(value, key, name), storages, name),
  };
}

/** Read to its end, where its checksum is compared. */
async function bytesOf(zip: ZipFile, member: ZipMember, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let at = 0;
  for await (const part of zip.read(member)) {
    if (at < to && at + part.length > from) part.copy(bytes, Math.max(0, at - from), Math.max(0, from - at), to - at);
    at += part.length;
  }
  return bytes;
}

/** torch's first pickle, and the second. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** The state dict of a stream, which PyTorch wrote before 1.6. @throws Failure as `archivedTensors` */
export async function streamedTensors(file: FileHandle, path: string, key: string | undefined): Promise<TensorFile> {
  const name = basename(path);
  const { size } = await file.stat();
  const at = (position: number, length: number): Promise<Buffer> =>
    readRange(file, position, length, found => damaged(name, found));
  const head = await at(0, Math.min(size, LARGEST_PICKLE));
  const named = new Map<string, StorageName>();
  let end = 0;
  const next = (): Pickled => {
    const read = unpickle(head, end, meanings(named), name);
    end = read.end;
    return read.value;
  };
  if (next() !== MAGIC || next() !== PROTOCOL)
    throw new Failure('model/not-pytorch', 'the file is a pickle, but not one of torch.save', {
      place: name,
      remedy: 'Write it with torch.save(model.state_dict(), …).',
    });
  next(); // Byte order and widths of the machine: the storages are little-endian on all of them.
  const value = next();
  const keys = next();
  const storages = new Map<string, Storage>();
  for (const stored of Array.isArray(keys) ? keys : []) {
    const wanted = typeof stored === 'string' ? named.get(stored) : undefined;
    if (wanted === undefined) throw damaged(name, 'its list of storages holds what no tensor names');
    const begin = end + 8;
    const bytes = wanted.count * wanted.width;
    if (Number((await at(end, 8)).readBigUInt64LE()) !== wanted.count || !(begin + bytes <= size))
      throw damaged(name, `the storage ${wanted.key} should have ${wanted.count} elements behind byte ${begin}`);
    storages.set(wanted.key, { bytes, little: true, read: (from, to) => at(begin + from, to - from) });
    end = begin + bytes;
  }
  return {
    name,
    format: 'PyTorch, before 1.6',
    ordered: true,
    tensors: tensorsOf(stateDict(value, key, name), storages, name),
  };
}

const isStateDict = (value: Pickled | undefined): value is Map<string, TensorView> =>
  value instanceof Map &&
  value.size > 0 &&
  [...value].every(([name, tensor]) => typeof name === 'string' && tensor instanceof TensorView);

/** The dictionary of tensors: the object itself, or the one in it. @throws Failure `model/checkpoint` */
function stateDict(value: Pickled, key: string | undefined, place: string): ReadonlyMap<string, TensorView> {
  const fail = (message: string, remedy: string): Failure =>
    new Failure('model/checkpoint', message, { place, remedy });
  if (key === undefined && isStateDict(value)) return value;
  const entries = value instanceof Map ? [...value].filter(([, held]) => isStateDict(held)) : [];
  const keys = entries.map(([name]) => JSON.stringify(name)).join(', ');
  if (key !== undefined) {
    const found = entries.find(([name]) => name === key)?.[1];
    if (isStateDict(found)) return found;
    throw fail(
      `the file has no state dict under ${JSON.stringify(key)}`,
      keys === '' ? 'Leave key out.' : `It has ${keys}.`,
    );
  }
  const [only, ...more] = entries;
  if (only === undefined)
    throw fail('the file holds no state dict: names with a tensor each', 'Write torch.save(model.state_dict(), …).');
  if (more.length > 0)
    throw fail(`the file holds several state dicts: ${keys}`, `Name one: key: ${keys.split(', ')[0]}.`);
  return only[1] as Map<string, TensorView>;
}

/** @throws Failure for views that do not lie in their storage; those of other types are left out, as none can be wanted */
function tensorsOf(
  dictionary: ReadonlyMap<string, TensorView>,
  storages: ReadonlyMap<string, Storage>,
  place: string,
): StoredTensor[] {
  return [...dictionary].flatMap(
    ([
      name,
      {
        storage: { key },
        element,
        offset,
        shape,
        strides,
      },
    ]) => {
      const storage = storages.get(key);
      if (element === undefined) return [];
      const tensor = storage && { name, element, shape, offset, strides, storage };
      if (tensor === undefined || !liesInside(tensor))
        throw damaged(place, `the tensor ${name} does not lie within its storage`);
      return [tensor];
    },
  );
}
