/** The messages of an ONNX file. Field numbers: onnx/onnx.proto of the ONNX project, IR version 10. */
import protobuf from 'protobufjs/light.js';

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
      functions: [25, 'FunctionProto', 'repeated'],
    }),
    FunctionProto: message({
      name: [1, 'string'],
      input: [4, 'string', 'repeated'],
      output: [5, 'string', 'repeated'],
      attribute: [6, 'string', 'repeated'],
      node: [7, 'NodeProto', 'repeated'],
      opsetImport: [9, 'OperatorSetIdProto', 'repeated'],
      domain: [10, 'string'],
      attributeProto: [11, 'AttributeProto', 'repeated'],
      overload: [13, 'string'],
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
      overload: [8, 'string'],
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
      refAttrName: [21, 'string'],
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
      externalData: [13, 'StringStringEntryProto', 'repeated'],
      dataLocation: [14, 'int32'],
    }),
    StringStringEntryProto: message({ key: [1, 'string'], value: [2, 'string'] }),
    ValueInfoProto: message({ name: [1, 'string'], type: [2, 'TypeProto'] }),
    TypeProto: message({ tensorType: [1, 'TensorTypeProto'] }),
    TensorTypeProto: message({ elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] }),
    TensorShapeProto: message({ dim: [1, 'DimensionProto', 'repeated'] }),
    DimensionProto: message({ dimValue: [1, 'int64'], dimParam: [2, 'string'] }),
  },
});
export const ModelProto = root.lookupType('ModelProto');

/** The decoded messages, integers as numbers. Fields that a file leaves out are absent. */
export interface TensorMessage {
  dims?: number[];
  dataType?: number;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  name?: string;
  rawData?: Uint8Array;
  externalData?: { key?: string; value?: string }[];
  dataLocation?: number;
}
export interface AttributeMessage {
  name: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorMessage;
  g?: GraphMessage;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  type?: number;
  /** In a function: the attribute of the calling node that this one takes its value from. */
  refAttrName?: string;
}
export interface NodeMessage {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  attribute?: AttributeMessage[];
  domain?: string;
  overload?: string;
}
export interface ValueMessage {
  name: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } } };
}
export interface GraphMessage {
  node?: NodeMessage[];
  name?: string;
  initializer?: TensorMessage[];
  input?: ValueMessage[];
  output?: ValueMessage[];
}
export interface FunctionMessage {
  name?: string;
  domain?: string;
  overload?: string;
  input?: string[];
  output?: string[];
  node?: NodeMessage[];
  opsetImport?: OperatorSetMessage[];
  attributeProto?: AttributeMessage[];
}
export interface OperatorSetMessage {
  domain?: string;
  version?: number;
}
export interface ModelMessage {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: GraphMessage;
  opsetImport?: OperatorSetMessage[];
  functions?: FunctionMessage[];
}
