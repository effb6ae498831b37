/**
 * What the pickle of a state dict names: storages, their types, tensors as views of them, and the few functions that make these. All that
 * is listed here is data; it is the allow-list of `pickle.ts`.
 * Source: torch/_utils.py (`_rebuild_tensor_v2` …) and torch/serialization.py (`persistent_load`) of PyTorch 2.13.
 */
import { ELEMENTS, type ElementName } from './elements.js';
import { Known, type Meanings, type Pickled } from './pickle.js';

/** An element type that torch names: `torch.FloatStorage`, `torch.float32`. */
class Type extends Known {
  /** @param element undefined for storages of plain bytes, and for types that are no real numbers */
  constructor(readonly element: ElementName | undefined) {
    super();
  }
}

/** A storage as the pickle names it: its bytes lie elsewhere in the file. */
export class StorageName extends Known {
  constructor(
    readonly key: string,
    readonly element: ElementName | undefined,
    /** Elements, or bytes where it has no type. */
    readonly count: number,
  ) {
    super();
  }

  /** Bytes of an element. */
  get width(): number {
    return this.element === undefined ? 1 : ELEMENTS[this.element].bytes;
  }
}

export class TensorView extends Known {
  constructor(
    readonly storage: StorageName,
    readonly element: ElementName | undefined,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

const STORAGES: Readonly<Record<string, ElementName | undefined>> = {
  Double: 'float64',
  Float: 'float32',
  Half: 'float16',
  BFloat16: 'bfloat16',
  Long: 'int64',
  Int: 'int32',
  Short: 'int16',
  Char: 'int8',
  Byte: 'uint8',
  Bool: 'bool',
  ComplexFloat: undefined,
  ComplexDouble: undefined,
};

const VALUES: Readonly<Record<string, Known>> = {
  ...Object.fromEntries(
    Object.entries(STORAGES).flatMap(([name, element]) =>
      ['torch.', 'torch.cuda.'].map(module => [`${module}${name}Storage`, new Type(element)] as const),
    ),
  ),
  ...Object.fromEntries(Object.keys(ELEMENTS).map(name => [`torch.${name}`, new Type(name as ElementName)])),
  'torch.storage.UntypedStorage': new Type(undefined),
  'torch.complex64': new Type(undefined),
  'torch.complex128': new Type(undefined),
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);

const view = ([storage, offset, shape, strides]: readonly Pickled[], type?: Type): TensorView | undefined =>
  storage instanceof StorageName && isCount(offset) && isCounts(shape) && isCounts(strides)
    ? new TensorView(storage, type === undefined ? storage.element : type.element, offset, shape, strides)
    : undefined;

const inner = ([tensor]: readonly Pickled[]): Pickled | undefined =>
  tensor instanceof TensorView ? tensor : undefined;

const dictionary = ([pairs]: readonly Pickled[]): Pickled | undefined => {
  if (pairs === undefined) return new Map();
  const isPairs = Array.isArray(pairs) && pairs.every(pair => Array.isArray(pair) && pair.length === 2);
  return isPairs ? new Map(pairs as [Pickled, Pickled][]) : undefined;
};

const set = ([members]: readonly Pickled[]): Pickled | undefined =>
  Array.isArray(members) ? new Set(members) : undefined;
const first = ([value]: readonly Pickled[]): Pickled | undefined => value;

/** All that a state dict calls, and what stands beside it in a checkpoint. */
const FUNCTIONS: Meanings['functions'] = {
  'collections.OrderedDict': dictionary,
  'torch._utils._rebuild_tensor': view,
  'torch._utils._rebuild_tensor_v2': view,
  'torch._utils._rebuild_tensor_v3': given => {
    const type = given[6];
    return type instanceof Type ? view(given, type) : undefined;
  },
  'torch._utils._rebuild_parameter': inner,
  'torch._utils._rebuild_parameter_with_state': inner,
  'torch.Size': first,
  'torch.device': first,
  '__builtin__.set': set,
  'builtins.set': set,
};

/** @param named is given every storage that the pickle names, by its key */
export const meanings = (named: Map<string, StorageName>): Meanings => ({
  functions: FUNCTIONS,
  values: VALUES,
  persistent: id => {
    const given: readonly Pickled[] = Array.isArray(id) ? id : [];
    const [kind, type, key, , count, part = null] = given;
    if (kind !== 'storage' || !(type instanceof Type) || typeof key !== 'string' || !isCount(count) || part !== null)
      return undefined;
    const storage = new StorageName(key, type.element, count);
    named.set(key, storage);
    return storage;
  },
});
