/** ONNX files written field by field, for what the engine's own writer never writes: old, foreign and broken models. */
import { writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import type { Graph } from '../../../server/src/engine/graph/graph.js';

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** One protobuf field: a number as a varint, anything else with its length in front. */
export function field(id: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return Uint8Array.from([...varint(id * 8), ...varint(value)]);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return Uint8Array.from([...varint(id * 8 + 2), ...varint(bytes.length), ...bytes]);
}

export const message = (...fields: Uint8Array[]): Uint8Array => Uint8Array.from(fields.flatMap(bytes => [...bytes]));

/** A model of one operator set around the fields of its graph. */
export const model = (...graph: Uint8Array[]): Uint8Array =>
  message(field(1, 8), field(7, message(...graph)), field(8, field(2, 18)));

/** A field of a graph: one float32 input or output (11 or 12) of a shape that is left open. */
export const value = (id: number, name: string, elementType = 1): Uint8Array =>
  field(id, message(field(1, name), field(2, field(1, field(1, elementType)))));

/** A field of a graph: one node. */
export const node = (operator: string, ...rest: Uint8Array[]): Uint8Array =>
  field(1, message(field(1, 'x'), field(2, 'y'), field(3, 'the_node'), field(4, operator), ...rest));

/** The graph as it would stand in a file of another operator set, whose number is the last byte that is written. */
export function atOpset(graph: Graph, opset: number): Uint8Array {
  const bytes = Uint8Array.from(writeOnnx(graph));
  bytes[bytes.length - 1] = opset;
  return bytes;
}
