import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';

describe('GraphBuilder', () => {
  it('infers every node at once, and leaves out what the outputs do not need', () => {
    const builder = new GraphBuilder('g');
    const x = builder.input('x', 'float32', [2, 3]);
    const y = builder.add('Transpose', [x]);
    const idle = builder.add('Mul', [x, builder.scalar(2)]);
    expect([builder.shape(y), builder.shape(idle)]).toEqual([
      [3, 2],
      [2, 3],
    ]);
    const graph = builder.finish([y]);
    expect(graph.nodes.map(node => node.operator)).toEqual(['Transpose']);
    expect(graph.initializers.size).toBe(0);
  });

  it('hands out graphs that later additions leave alone', () => {
    const builder = new GraphBuilder('g');
    const x = builder.input('x', 'float32', [1]);
    const graph = builder.finish([builder.add('Relu', [x])]);
    builder.add('Add', [x, builder.input('later', 'float32', [1])]);
    expect(graph.inputs.map(input => input.name)).toEqual(['x']);
    expect(graph.nodes).toHaveLength(1);
  });

  it('holds equal scalars and lists once, and never reuses a name', () => {
    const builder = new GraphBuilder('g');
    expect(builder.scalar(0.5)).toBe(builder.scalar(0.5));
    expect(builder.integers([1, 2])).toBe(builder.integers([1, 2]));
    expect(builder.scalar(1)).not.toBe(builder.integers([1]));
    builder.input('Relu~9', 'float32', []);
    const names = Array.from({ length: 12 }, () => builder.fresh('Relu'));
    expect(new Set([...names, 'Relu~9']).size).toBe(13);
  });

  it('writes out the padding that auto_pad leaves to the shape', () => {
    const builder = new GraphBuilder('g');
    const x = builder.input('x', 'float32', [1, 1, 5]);
    const y = builder.add('MaxPool', [x], { kernel_shape: [2], strides: [2], auto_pad: 'SAME_LOWER' });
    expect(builder.finish([y]).nodes[0]!.attributes).toEqual({ kernel_shape: [2], strides: [2], pads: [1, 0] });
    expect(builder.shape(y)).toEqual([1, 1, 3]);
  });
});
