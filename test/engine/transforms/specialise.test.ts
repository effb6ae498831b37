import { describe, expect, it } from 'vitest';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { floats, integers, type Attributes, type Graph, type Node } from '../../../server/src/engine/graph/graph.js';
import { specialise } from '../../../server/src/engine/transforms/specialise.js';

const node = (operator: string, inputs: string[], output: string, attributes: Attributes = {}): Node => ({
  operator,
  name: `node_${output}`,
  inputs,
  outputs: [output],
  attributes,
});

/** As PyTorch exports `relu(x).view(x.size(0), -1)` and a branch that nobody reads. */
const exported: Graph = {
  name: 'view.onnx',
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4, 'length'] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['batch', 'features'] }],
  nodes: [
    node('Dropout', ['x'], 'dropped'),
    node('Relu', ['dropped'], 'r'),
    node('Shape', ['r'], 'shape'),
    node('Gather', ['shape', 'zero'], 'size', { axis: 0 }),
    node('Unsqueeze', ['size', 'axes'], 'rows'),
    node('Concat', ['rows', 'rest'], 'target', { axis: 0 }),
    node('Exp', ['r'], 'unread'),
    node('Reshape', ['r', 'target'], 'y'),
  ],
  initializers: new Map([
    ['zero', integers([0], [])],
    ['axes', integers([0])],
    ['rest', integers([-1])],
  ]),
};

describe('specialise', () => {
  const graph = specialise(exported, new Map([['x', [2, 4, 3]]]));

  it('folds what follows from shapes, and drops what nobody reads', () => {
    expect(graph.nodes.map(n => n.operator)).toEqual(['Relu', 'Reshape']);
    expect(graph.initializers).toEqual(new Map([['target', integers([2, -1])]]));
  });

  it('binds the symbols', () => {
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', shape: [2, 4, 3] }]);
    expect(graph.outputs).toEqual([{ name: 'y', type: 'float32', shape: [2, 12] }]);
  });

  it('gives the same values', () => {
    const x = {
      x: toValue(
        floats(
          [2, 4, 3],
          Array.from({ length: 24 }, (_, i) => Math.cos(i)),
        ),
      ),
    };
    expect(interpret(graph, x).get('y')).toEqual(interpret(exported, x).get('y'));
  });

  it('does not hold a constant that is only spread out over tens of millions of elements', () => {
    const spread = (extent: number): string[] => {
      const { nodes } = specialise(
        {
          ...exported,
          nodes: [node('Expand', ['zero', 'to'], 'wide'), node('Add', ['x', 'wide'], 'y')],
          initializers: new Map([
            ['zero', floats([1], [0])],
            ['to', integers([extent, 4, 3])],
          ]),
        },
        new Map([['x', [1, 4, 3]]]),
      );
      return nodes.map(n => n.operator);
    };
    expect(spread(2)).toEqual(['Add']);
    expect(spread(2 ** 22)).toEqual(['Expand', 'Add']);
  });

  it('computes shapes in integers', () => {
    const half: Graph = {
      ...exported,
      nodes: [
        node('Shape', ['x'], 'shape', { start: 2 }),
        node('Div', ['shape', 'two'], 'half'),
        node('Slice', ['x', 'nought', 'half', 'last'], 'y'),
      ],
      initializers: new Map([
        ['two', integers([2])],
        ['nought', integers([0])],
        ['last', integers([2])],
      ]),
    };
    expect(specialise(half, new Map([['x', [1, 4, 7]]])).outputs[0]!.shape).toEqual([1, 4, 3]);
  });

  it('names the node whose inputs do not fit', () => {
    const wrong: Graph = {
      ...exported,
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      initializers: new Map([['w', floats([5, 2], new Array(10).fill(0))]]),
    };
    const run = (): unknown => specialise(wrong, new Map([['x', [2, 4, 3]]]));
    expect(run).toThrow(Failure);
    expect(run).toThrow('MatMul: inner extents 3 and 5 differ (inputs [2,4,3], [5,2])');
    try {
      run();
    } catch (error) {
      expect(error).toMatchObject({ problem: { code: 'model/shape', place: 'node node_y (MatMul) of view.onnx' } });
    }
  });

  it.each<[string, Node[], string]>([
    [
      'out of order',
      [node('Exp', ['r'], 'y'), node('Relu', ['x'], 'r')],
      'the value r is read before any node gives it',
    ],
    ['that give a value twice', [node('Relu', ['x'], 'y'), node('Exp', ['x'], 'y')], 'the value y is given twice'],
    ['without the output', [node('Relu', ['x'], 'r')], 'no node gives the output y'],
  ])('refuses nodes %s', (_, nodes, message) => {
    const run = (): unknown => specialise({ ...exported, nodes }, new Map([['x', [2, 4, 3]]]));
    expect(run).toThrow(Failure);
    expect(run).toThrow(message);
  });

  it.each([3, -4])('refuses axis %d of a value of rank 3', axis => {
    const run = (): unknown =>
      specialise({ ...exported, nodes: [node('Softmax', ['x'], 'y', { axis })] }, new Map([['x', [2, 4, 3]]]));
    expect(run).toThrow(`Softmax: axis ${axis} is outside a value of rank 3`);
  });

  it('refuses indices outside the value', () => {
    const outside: Graph = {
      ...exported,
      nodes: [node('Gather', ['x', 'at'], 'y', { axis: -1 })],
      initializers: new Map([['at', integers([0, 3])]]),
    };
    expect(() => specialise(outside, new Map([['x', [2, 4, 3]]]))).toThrow('Gather: index 3 is outside 3 elements');
  });

  it('refuses a shape that follows from values', () => {
    const dynamic: Graph = {
      ...exported,
      nodes: [node('Cast', ['x'], 'k', { to: 'int64' }), node('Reshape', ['x', 'k'], 'y')],
    };
    expect(() => specialise(dynamic, new Map([['x', [2, 4, 3]]]))).toThrow('only constants are supported');
  });
});
