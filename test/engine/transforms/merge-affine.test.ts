import { expect, it } from 'vitest';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { mergeAffine } from '../../../server/src/engine/transforms/merge-affine.js';
import { expectClose } from '../ops/judge.js';

const random = new Stream(3, 'merge affine');
const drawn = (shape: number[]) =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );

type Body = (b: GraphBuilder, x: string, constant: (...shape: number[]) => string) => string;

const normalised = (b: GraphBuilder, x: string, constant: (...shape: number[]) => string, channels: number): string => {
  const variance = b.constant(
    floats(
      [channels],
      Array.from({ length: channels }, (_, c) => 0.5 + c),
    ),
  );
  return b.add('BatchNormalization', [x, constant(channels), constant(channels), constant(channels), variance]);
};

it.each<[string, number[], Body, string[]]>([
  [
    'a convolution',
    [2, 3, 8],
    (b, x, c) =>
      b.add('Mul', [c(4, 1), normalised(b, b.add('Add', [b.add('Conv', [x, c(4, 3, 3)]), c(1, 4, 1)]), c, 4)]),
    ['Conv'],
  ],
  [
    'a dense layer, transposed and with factors',
    [2, 5],
    (b, x, c) => b.add('Sub', [c(3), normalised(b, b.add('Gemm', [x, c(3, 5), c(3)], { transB: 1, beta: 0.5 }), c, 3)]),
    ['Gemm'],
  ],
  [
    'a product with rows of a value of rank 3',
    [2, 4, 5],
    (b, x, c) => b.add('Div', [b.add('Sub', [b.add('MatMul', [x, c(5, 3)]), c(3)]), c(1)]),
    ['Reshape', 'Gemm', 'Reshape'],
  ],
  [
    'not what differs along positions, has another reader, or is on the other side of a division',
    [2, 3, 8],
    (b, x, c) => {
      const y = b.add('Add', [b.add('Conv', [x, c(4, 3, 1)]), c(1, 1, 8)]);
      const read = b.add('Conv', [y, c(4, 4, 1)]);
      return b.add('Div', [c(1), b.add('Add', [b.add('Mul', [read, c(1)]), read])]);
    },
    ['Conv', 'Add', 'Conv', 'Mul', 'Add', 'Div'],
  ],
])('merges into %s', (_, shape, body, operators) => {
  const builder = new GraphBuilder('network');
  const x = builder.input('x', 'float32', shape);
  const graph = builder.finish([body(builder, x, (...extents) => builder.constant(drawn(extents)))]);
  const merged = mergeAffine(graph);
  expect(merged.nodes.map(({ operator }) => operator)).toEqual(operators);
  const feeds = { x: toValue(drawn(shape)) };
  const output = graph.outputs[0]!.name;
  const [found, expected] = [merged, graph].map(one => interpret(one, feeds).get(output)!);
  expect(found!.shape).toEqual(expected!.shape);
  expectClose(found!.data, expected!.data, 1e-5, 'output');
});
