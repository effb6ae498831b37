import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Graph } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { addHeight } from '../../../server/src/engine/transforms/height.js';

const random = new Stream(3, 'height');
const drawn = (...shape: number[]) =>
  floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );

/** A graph over x [2, 3, 20] that ends in `body`. */
function graphOf(body: (builder: GraphBuilder, x: string) => string | string[]): Graph {
  const builder = new GraphBuilder('test');
  const outputs = body(builder, builder.input('x', 'float32', [2, 3, 20]));
  return builder.finish([outputs].flat());
}

const conv = (b: GraphBuilder, x: string, channels: number, attributes = {}): string =>
  b.add('Conv', [x, b.constant(drawn(channels, b.shape(x)[1]!, 5)), b.constant(drawn(channels))], {
    kernel_shape: [5],
    pads: [2, 2],
    ...attributes,
  });

/** Demands the same outputs under the same names, and returns the operators that read values with height. */
function expectSame(graph: Graph): Graph {
  const tall = addHeight(graph);
  const x = { type: 'float32' as const, shape: [2, 3, 20], data: Float64Array.from(drawn(2, 3, 20).data, Number) };
  const [plain, high] = [interpret(graph, { x }), interpret(tall, { x })];
  expect(tall.outputs).toEqual(graph.outputs);
  for (const { name } of graph.outputs) expect(high.get(name)).toEqual(plain.get(name));
  return tall;
}
const operators = (graph: Graph): string[] => graph.nodes.map(node => node.operator);

describe('addHeight', () => {
  it('carries a convolutional stack through with one axis added in front and none taken off before Flatten', () => {
    const graph = graphOf((b, x) => {
      const channel = () => b.constant(drawn(8));
      const variance = b.constant(
        floats(
          [8],
          Array.from({ length: 8 }, (_, i) => i + 1),
        ),
      );
      const h = b.add('BatchNormalization', [conv(b, x, 8), channel(), channel(), channel(), variance]);
      const pooled = b.add('MaxPool', [b.add('Relu', [h])], { kernel_shape: [3], strides: [2], pads: [1, 0] });
      const wide = conv(b, pooled, 8, { dilations: [2], pads: [4, 4] });
      const sum = b.add('Add', [b.add('Mul', [pooled, wide]), b.constant(drawn(1, 8, 1))]);
      const mean = b.add('AveragePool', [b.add('Sub', [sum, b.scalar(2)])], { kernel_shape: [2], strides: [2] });
      return b.add('Flatten', [mean]);
    });
    const tall = expectSame(graph);
    expect(operators(tall).filter(operator => operator.endsWith('queeze'))).toEqual(['Unsqueeze']);
  });

  it('gives a value back to operators that know three axes, and to the outputs, once', () => {
    const graph = graphOf((b, x) => {
      const h = b.add('Tanh', [conv(b, x, 4, { strides: [2] })]);
      const turned = b.add('Transpose', [h], { perm: [0, 2, 1] });
      const scaled = b.add('Mul', [h, b.constant(drawn(4, 10))]);
      return [h, turned, scaled, b.add('GlobalMaxPool', [h])];
    });
    const tall = expectSame(graph);
    expect(operators(tall).filter(operator => operator === 'Squeeze')).toHaveLength(2);
  });

  it('keeps grouped and SAME convolutions, and reads an input twice', () => {
    expectSame(
      graphOf((b, x) => {
        const depthwise = b.add('Conv', [x, b.constant(drawn(3, 1, 4))], {
          kernel_shape: [4],
          group: 3,
          auto_pad: 'SAME_UPPER',
        });
        return b.add('Concat', [conv(b, x, 2), depthwise, x], { axis: 1 });
      }),
    );
  });

  it('leaves graphs without one-dimensional convolutions alone', () => {
    const graph = graphOf((b, x) => b.add('MaxPool', [x], { kernel_shape: [2] }));
    expect(addHeight(graph)).toBe(graph);
  });
});
