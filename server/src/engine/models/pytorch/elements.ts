/** Element types of stored tensors, by the names that PyTorch gives them: how wide they are, and their values as numbers. */
import { brainFloat, halfPrecision } from '../../graph/onnx.js';

export interface Element {
  readonly bytes: number;
  readonly at: (view: DataView, at: number, little: boolean) => number;
}

export const ELEMENTS = {
  float64: { bytes: 8, at: (view, at, little) => view.getFloat64(at, little) },
  float32: { bytes: 4, at: (view, at, little) => view.getFloat32(at, little) },
  float16: { bytes: 2, at: (view, at, little) => halfPrecision(view.getUint16(at, little)) },
  bfloat16: { bytes: 2, at: (view, at, little) => brainFloat(view.getUint16(at, little)) },
  float8_e5m2: { bytes: 1, at: (view, at) => halfPrecision(view.getUint8(at) << 8) },
  float8_e4m3fn: { bytes: 1, at: (view, at) => eightBits(view.getUint8(at)) },
  int64: { bytes: 8, at: (view, at, little) => Number(view.getBigInt64(at, little)) },
  int32: { bytes: 4, at: (view, at, little) => view.getInt32(at, little) },
  int16: { bytes: 2, at: (view, at, little) => view.getInt16(at, little) },
  int8: { bytes: 1, at: (view, at) => view.getInt8(at) },
  uint64: { bytes: 8, at: (view, at, little) => Number(view.getBigUint64(at, little)) },
  uint32: { bytes: 4, at: (view, at, little) => view.getUint32(at, little) },
  uint16: { bytes: 2, at: (view, at, little) => view.getUint16(at, little) },
  uint8: { bytes: 1, at: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, at: (view, at) => view.getUint8(at) },
} as const satisfies Readonly<Record<string, Element>>;

export type ElementName = keyof typeof ELEMENTS;

/** 1 bit of sign, 4 of exponent, 3 of fraction; no infinities. Micikevicius et al. 2022, arXiv:2209.05433. */
function eightBits(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 7;
  if (exponent === 0xf && fraction === 7) return NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7));
}
