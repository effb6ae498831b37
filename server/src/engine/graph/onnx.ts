/**
 * ONNX files ↔ graphs, message for message. Reading keeps the operator set of the file; bringing older forms to the
 * common one is `models/onnx.ts`. Field numbers: onnx/onnx.proto of the ONNX project, IR version 8.
 */
import protobuf from 'protobufjs/light.js';
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

type FieldTable = Record<string, [id: number, type: string, repeated?: 'repeated']>;

const message = (table: FieldTable) => ({
  fields: Object.fromEntries(
    Object.entries(table).map(([name, [id, type, rule]]) => [name, { id, type, ...(rule ? { rule } : {}) }]),
  ),
});

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: [1, 'int64'],
      producerName: [2, 'string'],
      producerVersion: [3, 'string'],
      graph: [7, 'GraphProto'],
      opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    }),
    OperatorSetIdProto: message({ domain: [1, 'string'], version: [2, 'int64'] }),
    GraphProto: message({
      node: [1, 'NodeProto', 'repeated'],
      name: [2, 'string'],
      initializer: [5, 'TensorProto', 'repeated'],
      input: [11, 'ValueInfoProto', 'repeated'],
      output: [12, 'ValueInfoProto', 'repeated'],
    }),
    NodeProto: message({
      input: [1, 'string', 'repeated'],
      output: [2, 'string', 'repeated'],
      name: [3, 'string'],
      opType: [4, 'string'],
      attribute: [5, 'AttributeProto', 'repeated'],
      domain: [7, 'string'],
    }),
    AttributeProto: message({
      name: [1, 'string'],
      f: [2, 'float'],
      i: [3, 'int64'],
      s: [4, 'bytes'],
      t: [5, 'TensorProto'],
      g: [6, 'GraphProto'],
      floats: [7, 'float', 'repeated'],
      ints: [8, 'int64', 'repeated'],
      strings: [9, 'bytes', 'repeated'],
      type: [20, 'int32'],
    }),
    TensorProto: message({
      dims: [1, 'int64', 'repeated'],
      dataType: [2, 'int32'],
      floatData: [4, 'float', 'repeated'],
      int32Data: [5, 'int32', 'repeated'],
      int64Data: [7, 'int64', 'repeated'],
      name: [8, 'string'],
      rawData: [9, 'bytes'],
      doubleData: [10, 'double', 'repeated'],
      dataLocation: [14, 'int32'],
    }),
    ValueInfoProto: message({ name: [1, 'string'], type: [2, 'TypeProto'] }),
    TypeProto: message({ tensorType: [1, 'TensorTypeProto'] }),
    TensorTypeProto: message({ elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] }),
    TensorShapeProto: message({ dim: [1, 'DimensionProto', 'repeated'] }),
    DimensionProto: message({ dimValue: [1, 'int64'], dimParam: [2, 'string'] }),
  },
});
const ModelProto = root.lookupType('ModelProto');

/** The decoded messages, integers as numbers. Fields that a file leaves out are absent. */
interface TensorMessage {
  dims?: number[];
  dataType?: number;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  name?: string;
  rawData?: Uint8Array;
  dataLocation?: number;
}
interface AttributeMessage {
  name: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorMessage;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  type?: number;
}
interface NodeMessage {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  attribute?: AttributeMessage[];
  domain?: string;
}
interface ValueMessage {
  name: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } } };
}
interface ModelMessage {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: {
    node?: NodeMessage[];
    name?: string;
    initializer?: TensorMessage[];
    input?: ValueMessage[];
    output?: ValueMessage[];
  };
  opsetImport?: { domain?: string; version?: number }[];
}

const ELEMENT_TYPES: readonly (readonly [number, ElementType])[] = [
  [1, 'float32'],
  [2, 'uint8'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [11, 'float64'],
];
const TYPE_OF = new Map(ELEMENT_TYPES);
const NUMBER_OF = new Map(ELEMENT_TYPES.map(([number, type]) => [type, number]));
const UNSUPPORTED_NAMES: Readonly<Record<number, string>> = {
  3: 'int8',
  5: 'int16',
  8: 'string',
  10: 'float16',
  16: 'bfloat16',
};

function elementType(number: number | undefined, place: string): ElementType {
  const type = TYPE_OF.get(number ?? 0);
  if (type !== undefined) return type;
  throw new Failure(
    'model/element-type',
    `elements of type ${UNSUPPORTED_NAMES[number ?? 0] ?? number} are not supported`,
    {
      place,
      remedy: 'Export the model with float32 weights.',
    },
  );
}

const ATTRIBUTE = { float: 1, int: 2, text: 3, tensor: 4, graph: 5, floats: 6, ints: 7, texts: 8 } as const;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

function readTensor(tensor: TensorMessage, place: string): Tensor {
  const type = elementType(tensor.dataType, place);
  const shape = tensor.dims ?? [];
  if (tensor.dataLocation === 1)
    throw new Failure('model/external-data', 'the weights lie in a separate file, which is not supported', {
      place,
      remedy: 'Save the model as one file (onnx.save with save_as_external_data=False).',
    });
  const size = sizeOf(shape);
  const data = tensor.rawData?.length ? fromBytes(type, tensor.rawData, size, place) : fromFields(type, tensor);
  if (data.length !== size)
    throw new Failure('model/damaged', `a tensor of shape [${shape}] holds ${data.length} elements`, { place });
  return { type, shape, data };
}

function fromBytes(type: ElementType, bytes: Uint8Array, size: number, place: string): ElementData {
  // A copy of its own: the bytes need not be aligned inside the file.
  const { buffer } = new Uint8Array(bytes);
  const width = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1, uint8: 1 }[type];
  if (buffer.byteLength !== size * width)
    throw new Failure('model/damaged', `expected ${size * width} bytes of weights, found ${buffer.byteLength}`, {
      place,
    });
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

function readAttribute(attribute: AttributeMessage, place: string): AttributeValue {
  switch (attribute.type) {
    case ATTRIBUTE.float:
      return attribute.f ?? 0;
    case ATTRIBUTE.int:
      return attribute.i ?? 0;
    case ATTRIBUTE.text:
      return decoder.decode(attribute.s);
    case ATTRIBUTE.tensor:
      return readTensor(attribute.t ?? {}, place);
    case ATTRIBUTE.floats:
      return attribute.floats ?? [];
    case ATTRIBUTE.ints:
      return attribute.ints ?? [];
    case ATTRIBUTE.texts:
      return (attribute.strings ?? []).map(text => decoder.decode(text));
    default:
      throw new Failure(
        'model/control-flow',
        `the attribute ${attribute.name} holds a subgraph, which is not supported`,
        {
          place,
          remedy: 'Export the model without control flow (If, Loop, Scan).',
        },
      );
  }
}

function readValue(value: ValueMessage): ValueHeader {
  const tensor = value.type?.tensorType;
  const shape: Axis[] = (tensor?.shape?.dim ?? []).map((dim, axis) =>
    dim.dimParam ? dim.dimParam : (dim.dimValue ?? 0) > 0 ? dim.dimValue! : `axis${axis}`,
  );
  return { name: value.name, type: elementType(tensor?.elemType, `value ${value.name}`), shape };
}

export interface OnnxModel {
  readonly graph: Graph;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly producer: string;
}

/**
 * Reads an ONNX model.
 *
 * @param bytes the file
 * @param file its name, for errors
 * @throws Failure `model/damaged`, `model/control-flow`, `model/element-type`, `model/external-data`, `model/domain`
 */
export function readOnnx(bytes: Uint8Array, file: string): OnnxModel {
  let model: ModelMessage;
  try {
    model = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, defaults: false });
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error));
  }
  const { graph } = model;
  const opset = model.opsetImport?.find(set => !set.domain || set.domain === 'ai.onnx')?.version;
  if (graph?.node === undefined || opset === undefined) throw damaged(file, 'it holds no graph or no operator set');
  const nodes = graph.node.map((node, i): Node => {
    if (!node.opType) throw damaged(file, `node ${i} has no operator`);
    const name = node.name || `${node.opType}_${i}`;
    const place = `node ${name} (${node.opType}) of ${file}`;
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
      attributes: Object.fromEntries((node.attribute ?? []).map(a => [a.name, readAttribute(a, place)])),
    };
  });
  const initializers = new Map(
    (graph.initializer ?? []).map(tensor => [
      tensor.name ?? '',
      readTensor(tensor, `initializer ${tensor.name} of ${file}`),
    ]),
  );
  return {
    graph: {
      name: file,
      inputs: (graph.input ?? []).filter(input => !initializers.has(input.name)).map(readValue),
      outputs: (graph.output ?? []).map(readValue),
      nodes,
      initializers,
    },
    opset,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
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
    dataType: NUMBER_OF.get(type)!,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/** Attributes that ONNX defines as floating point, whatever their value looks like. */
const FLOAT_ATTRIBUTES = new Set([
  ...['alpha', 'beta', 'gamma', 'epsilon', 'momentum', 'lambd', 'bias', 'clip', 'cubic_coeff_a'],
  ...['activation_alpha', 'activation_beta'],
]);

function writeAttribute(name: string, value: AttributeValue): AttributeMessage {
  if (name === 'to') return { name, type: ATTRIBUTE.int, i: NUMBER_OF.get(value as ElementType)! };
  if (typeof value === 'number')
    return FLOAT_ATTRIBUTES.has(name)
      ? { name, type: ATTRIBUTE.float, f: value }
      : { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE.text, s: encoder.encode(value) };
  if ('data' in value) return { name, type: ATTRIBUTE.tensor, t: writeTensor('', value) };
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
      elemType: NUMBER_OF.get(type)!,
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

/** The element type that an ONNX `Cast` names by number. */
export function castTarget(number: number, place: string): ElementType {
  return elementType(number, place);
}
