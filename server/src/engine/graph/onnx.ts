/**
 * ONNX files ↔ graphs, message for message. Reading keeps the operator set of the file; bringing older forms to the
 * common one is `models/onnx.ts`. Sixteen-bit floats are read as float32.
 */
import { Failure } from '../failure.js';
import {
  int64,
  OPSET,
  sizeOf,
  type AttributeValue,
  type Axis,
  type ElementData,
  type ElementType,
  type Graph,
  type Node,
  type Tensor,
  type ValueHeader,
} from './graph.js';
import { inlineFunctions, renamed } from './onnx-functions.js';
import {
  ModelProto,
  type AttributeMessage,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from './onnx-messages.js';

const NUMBER_OF: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};
const TYPE_OF = new Map(Object.entries(NUMBER_OF).map(([type, number]) => [number, type as ElementType]));

/** Floats of 16 bits: their names, and the number that a bit pattern stands for. */
const NARROW: ReadonlyMap<number, { readonly name: string; readonly decode: (bits: number) => number }> = new Map([
  [10, { name: 'float16', decode: halfPrecision }],
  [16, { name: 'bfloat16', decode: brainFloat }],
]);
const UNSUPPORTED_NAMES: Readonly<Record<number, string>> = { 3: 'int8', 4: 'uint16', 5: 'int16', 8: 'string' };

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
export function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The upper half of a binary32. */
export function brainFloat(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}

/** Bytes of a file beside the model: `location` is relative to the model's folder; without a length, to the file's end. */
export type ExternalData = (location: string, offset: number, length: number | undefined, place: string) => Uint8Array;

const ATTRIBUTE = { float: 1, int: 2, text: 3, tensor: 4, graph: 5, floats: 6, ints: 7, texts: 8 } as const;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Reads the messages of one file. */
class Reader {
  /** Names of the 16-bit types that were read as float32. */
  readonly widened = new Set<string>();

  constructor(
    readonly file: string,
    private readonly external: ExternalData,
  ) {}

  elementType(number: number | undefined, place: string): ElementType {
    const narrow = NARROW.get(number ?? 0);
    if (narrow !== undefined) {
      this.widened.add(narrow.name);
      return 'float32';
    }
    const type = TYPE_OF.get(number ?? 0);
    if (type !== undefined) return type;
    throw new Failure(
      'model/element-type',
      `elements of type ${UNSUPPORTED_NAMES[number ?? 0] ?? number} are not supported`,
      { place, remedy: 'Export the model with float32 weights.' },
    );
  }

  tensor(tensor: TensorMessage, place: string): Tensor {
    const type = this.elementType(tensor.dataType, place);
    const shape = tensor.dims ?? [];
    const size = sizeOf(shape);
    const bytes = tensor.dataLocation === 1 ? this.outside(tensor, place) : tensor.rawData;
    const narrow = NARROW.get(tensor.dataType ?? 0);
    let data: ElementData;
    if (narrow === undefined) data = bytes?.length ? fromBytes(type, bytes, size, place) : fromFields(type, tensor);
    else {
      const bits = bytes?.length ? new Uint16Array(aligned(bytes, 2 * size, place)) : (tensor.int32Data ?? []);
      data = Float32Array.from(bits, narrow.decode);
    }
    if (data.length !== size)
      throw new Failure('model/damaged', `a tensor of shape [${shape}] holds ${data.length} elements`, { place });
    return { type, shape, data };
  }

  private outside(tensor: TensorMessage, place: string): Uint8Array {
    const entries = new Map((tensor.externalData ?? []).map(({ key = '', value = '' }) => [key, value]));
    const number = (key: string): number | undefined => {
      const text = entries.get(key);
      const value = Number(text);
      if (text !== undefined && !(Number.isSafeInteger(value) && value >= 0))
        throw new Failure('model/damaged', `the ${key} "${text}" of external data is no number of bytes`, { place });
      return text === undefined ? undefined : value;
    };
    return this.external(entries.get('location') ?? '', number('offset') ?? 0, number('length'), place);
  }

  attribute(node: NodeMessage, name: string, attribute: AttributeMessage, place: string): AttributeValue {
    switch (attribute.type) {
      case ATTRIBUTE.float:
        return attribute.f ?? 0;
      case ATTRIBUTE.int:
        // Types stand as numbers in the file only.
        return node.opType === 'Cast' && attribute.name === 'to'
          ? this.elementType(attribute.i, place)
          : (attribute.i ?? 0);
      case ATTRIBUTE.text:
        return decoder.decode(attribute.s);
      case ATTRIBUTE.tensor:
        return this.tensor(attribute.t ?? {}, place);
      case ATTRIBUTE.graph:
        if (node.opType === 'If') return this.branch(attribute.g ?? {}, `${name}/${attribute.name}`);
        throw new Failure('model/control-flow', `${node.opType} with a subgraph is not supported`, {
          place,
          remedy: 'Export the model without control flow (Loop, Scan).',
        });
      case ATTRIBUTE.floats:
        return attribute.floats ?? [];
      case ATTRIBUTE.ints:
        return attribute.ints ?? [];
      case ATTRIBUTE.texts:
        return (attribute.strings ?? []).map(text => decoder.decode(text));
      default:
        throw new Failure('model/damaged', `the attribute ${attribute.name} is of an unknown kind`, { place });
    }
  }

  node(node: NodeMessage, i: number, scope: string): Node {
    if (!node.opType) throw damaged(this.file, `node ${i} has no operator`);
    const name = node.name || `${scope}${node.opType}_${i}`;
    const place = `node ${name} (${node.opType}) of ${this.file}`;
    if (node.domain && node.domain !== 'ai.onnx')
      throw new Failure('model/domain', `the operator ${node.domain}.${node.opType} is not part of standard ONNX`, {
        place,
        remedy: 'Export the model with standard operators only.',
      });
    return {
      operator: node.opType,
      name,
      inputs: node.input ?? [],
      outputs: node.output ?? [],
      attributes: Object.fromEntries(
        (node.attribute ?? []).map(attribute => [attribute.name, this.attribute(node, name, attribute, place)]),
      ),
    };
  }

  value(value: ValueMessage): ValueHeader {
    const tensor = value.type?.tensorType;
    const shape: Axis[] = (tensor?.shape?.dim ?? []).map((dim, axis) =>
      dim.dimParam ? dim.dimParam : (dim.dimValue ?? 0) > 0 ? dim.dimValue! : `axis${axis}`,
    );
    return { name: value.name, type: this.elementType(tensor?.elemType, `value ${value.name}`), shape };
  }

  graph(graph: GraphMessage, name: string, scope = ''): Graph {
    const initializers = new Map(
      (graph.initializer ?? []).map(tensor => [
        tensor.name ?? '',
        this.tensor(tensor, `initializer ${tensor.name} of ${this.file}`),
      ]),
    );
    return {
      name,
      inputs: (graph.input ?? []).filter(input => !initializers.has(input.name)).map(input => this.value(input)),
      outputs: (graph.output ?? []).map(output => this.value(output)),
      nodes: (graph.node ?? []).map((node, i) => this.node(node, i, scope)),
      initializers,
    };
  }

  /** A branch of an If. Its values get names of their own, since both branches may use the same. */
  private branch(graph: GraphMessage, scope: string): Graph {
    const own = new Set([
      ...(graph.node ?? []).flatMap(node => node.output ?? []),
      ...(graph.initializer ?? []).map(tensor => tensor.name ?? ''),
    ]);
    const inner = renamed(graph, name => (own.has(name) && name !== '' ? `${scope}/${name}` : name));
    // The types of a branch's results need not be written.
    const { outputs, ...rest } = { ...inner, outputs: (inner.output ?? []).map(({ name }) => name) };
    const read = this.graph({ ...rest, output: [] }, scope, `${scope}/`);
    return { ...read, outputs: outputs.map(name => ({ name, type: 'float32', shape: [] })) };
  }
}

/** A copy of bytes that starts at an aligned address. */
function aligned(bytes: Uint8Array, expected: number, place: string): ArrayBuffer {
  if (bytes.byteLength !== expected)
    throw new Failure('model/damaged', `expected ${expected} bytes of weights, found ${bytes.byteLength}`, { place });
  return new Uint8Array(bytes).buffer;
}

function fromBytes(type: ElementType, bytes: Uint8Array, size: number, place: string): ElementData {
  const width = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1, uint8: 1 }[type];
  const buffer = aligned(bytes, size * width, place);
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

function fromFields(type: ElementType, tensor: TensorMessage): ElementData {
  switch (type) {
    case 'float32':
      return Float32Array.from(tensor.floatData ?? []);
    case 'float64':
      return Float64Array.from(tensor.doubleData ?? []);
    case 'int32':
      return Int32Array.from(tensor.int32Data ?? []);
    case 'int64':
      return BigInt64Array.from(tensor.int64Data ?? [], int64);
    default:
      return Uint8Array.from(tensor.int32Data ?? []);
  }
}

export interface OnnxModel {
  readonly graph: Graph;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly producer: string;
  /** Element types of 16 bits that were read as float32. */
  readonly widened: readonly string[];
}

const noExternalData: ExternalData = (location, _offset, _length, place) => {
  throw new Failure('model/external-data', `the weights lie in another file, ${location}`, {
    place,
    remedy: 'Save the model as one file (onnx.save with save_as_external_data=False).',
  });
};

/**
 * Reads an ONNX model. Functions that the file defines are written out at their calls.
 *
 * @param bytes the file
 * @param file its name, for errors
 * @param external reads what the file keeps outside of itself
 * @throws Failure `model/damaged`, `model/control-flow`, `model/element-type`, `model/external-data`, `model/domain`
 */
export function readOnnx(bytes: Uint8Array, file: string, external = noExternalData): OnnxModel {
  let model: ModelMessage;
  try {
    model = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, defaults: false });
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error));
  }
  const opset = model.opsetImport?.find(set => !set.domain || set.domain === 'ai.onnx')?.version;
  if (model.graph?.node === undefined || opset === undefined)
    throw damaged(file, 'it holds no graph or no operator set');
  const reader = new Reader(file, external);
  const node = inlineFunctions(model.graph.node, model.functions ?? [], opset, file);
  return {
    graph: reader.graph({ ...model.graph, node }, file),
    opset,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    widened: [...reader.widened],
  };
}

function damaged(file: string, cause: string): Failure {
  return new Failure('model/damaged', `this is not a readable ONNX model: ${cause}`, {
    place: file,
    remedy: 'Check that the file was copied whole, for example with onnx.checker.check_model.',
  });
}

function writeTensor(name: string, { type, shape, data }: Tensor): TensorMessage {
  return {
    name,
    dims: [...shape],
    dataType: NUMBER_OF[type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/** Attributes that ONNX defines as floating point, whatever their value looks like. */
const FLOAT_ATTRIBUTES = new Set([
  ...['alpha', 'beta', 'gamma', 'epsilon', 'momentum', 'lambd', 'bias', 'clip', 'cubic_coeff_a', 'scale'],
  ...['activation_alpha', 'activation_beta'],
]);

function writeAttribute(name: string, value: AttributeValue): AttributeMessage {
  if (name === 'to') return { name, type: ATTRIBUTE.int, i: NUMBER_OF[value as ElementType] };
  if (typeof value === 'number')
    return FLOAT_ATTRIBUTES.has(name)
      ? { name, type: ATTRIBUTE.float, f: value }
      : { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE.text, s: encoder.encode(value) };
  if ('data' in value) return { name, type: ATTRIBUTE.tensor, t: writeTensor('', value) };
  if ('nodes' in value) throw new Error(`${name}: a branch is chosen before a graph is written`);
  if (value.every(item => typeof item === 'number'))
    return FLOAT_ATTRIBUTES.has(name)
      ? { name, type: ATTRIBUTE.floats, floats: [...value] }
      : { name, type: ATTRIBUTE.ints, ints: [...value] };
  return { name, type: ATTRIBUTE.texts, strings: value.map(item => encoder.encode(item)) };
}

const writeValue = ({ name, type, shape }: ValueHeader): ValueMessage => ({
  name,
  type: {
    tensorType: {
      elemType: NUMBER_OF[type],
      shape: { dim: shape.map(axis => (typeof axis === 'number' ? { dimValue: axis } : { dimParam: axis })) },
    },
  },
});

/** The graph as an ONNX file of operator set 18. */
export function writeOnnx(graph: Graph): Uint8Array {
  // Two copies of a model in one graph share their nodes' names, which a file may not.
  const names = new Map<string, number>();
  const uniqueName = (name: string): string => {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return count === 1 ? name : `${name}~~${count}`;
  };
  const model: ModelMessage = {
    irVersion: 8,
    producerName: 'explainome',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: graph.name,
      node: graph.nodes.map(node => ({
        name: uniqueName(node.name),
        opType: node.operator === 'StopGradient' ? 'Identity' : node.operator,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, value]) => writeAttribute(name, value)),
      })),
      initializer: [...graph.initializers].map(([name, tensor]) => writeTensor(name, tensor)),
      input: graph.inputs.map(writeValue),
      output: graph.outputs.map(writeValue),
    },
  };
  return ModelProto.encode(ModelProto.create(model)).finish();
}
