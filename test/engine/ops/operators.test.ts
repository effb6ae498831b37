/**
 * Every operator against three judges: its value natively and in the interpreter, its gradient natively, in the
 * interpreter and by central differences, and the gradient of its gradient likewise (the operators are closed under
 * differentiation).
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, numbersOf, sizeOf, type Graph, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { OPERATORS } from '../../../server/src/engine/ops/registry.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { CASES } from './cases.js';
import { Draw, type OperatorCase } from './draw.js';
import { centralDifferences, expectClose, expectSameNatively } from './judge.js';

const SEED = 7;
/** Operators with many forms are tried more often. */
const RUNS: Readonly<Record<string, number>> = {
  Conv: 40,
  ConvTranspose: 30,
  MaxPool: 40,
  AveragePool: 30,
  Slice: 20,
  Gemm: 20,
  Pad: 20,
};
const FEW = 20;

let native: Executor;
beforeAll(async () => {
  native = await onnxruntimeExecutor(1);
});

/** A graph of one case that grows by its gradient and by the gradient of that. */
class CaseGraph {
  readonly builder = new GraphBuilder('case');
  readonly feeds: Record<string, Tensor> = {};
  readonly variables: string[] = [];
  readonly outputs: readonly string[];
  private readonly weights = new Stream(SEED, 'cotangents');

  constructor(operator: string, { operands, attributes = {}, outputs = 1 }: OperatorCase) {
    const inputs = operands.map((operand, i) => {
      if (operand === undefined) return '';
      if (operand.role === 'constant') return this.builder.constant(operand.value, `constant${i}`);
      const name = this.feed(`input${i}`, operand.value);
      if (operand.role === 'variable') this.variables.push(name);
      return name;
    });
    this.outputs = this.builder.addMany(operator, inputs, attributes, outputs);
  }

  feed(name: string, value: Tensor): string {
    this.feeds[name] = value;
    return this.builder.input(name, value.type, value.shape);
  }

  /** Random cotangents, as further inputs of the graph. */
  cotangents(stem: string, of: readonly string[]): Map<string, string> {
    return new Map(
      of.map((name, i) => {
        const { type, shape } = this.builder.header(name);
        const values = Float32Array.from({ length: sizeOf(shape) }, () => 2 * this.weights.uniform() - 1);
        const tensor: Tensor =
          type === 'float64' ? { type, shape, data: Float64Array.from(values) } : floats(shape, values);
        return [name, this.feed(`${stem}${i}`, tensor)];
      }),
    );
  }

  /** Gradients of Σ cotangent · value by some inputs, under names of their own; undefined where they are zero. */
  differentiate(graph: Graph, cotangents: ReadonlyMap<string, string>, by: readonly string[]): (string | undefined)[] {
    return differentiate(this.builder, graph.nodes, cotangents, by).map((name, i) => {
      if (name === undefined) return undefined;
      expect(this.builder.shape(name), `shape of the gradient by ${by[i]}`).toEqual(this.builder.shape(by[i]!));
      return this.builder.add('Identity', [name]);
    });
  }

  /** The interpreter's gradients against central differences of `graph`, whose outputs have the given cotangents. */
  expectCentralDifferences(
    graph: Graph,
    cotangents: ReadonlyMap<string, string>,
    by: readonly string[],
    gradients: readonly (string | undefined)[],
    order: string,
  ): void {
    const found = gradients.filter(name => name !== undefined);
    const results = interpret(
      this.builder.finish(found),
      Object.fromEntries(Object.entries(this.feeds).map(([name, tensor]) => [name, toValue(tensor)])),
    );
    const weights = graph.outputs.map(({ name }) => numbersOf(this.feeds[cotangents.get(name)!]!));
    by.forEach((input, i) => {
      const expected = centralDifferences(graph, this.feeds, weights, input);
      const gradient = gradients[i];
      const actual = gradient === undefined ? expected.map(() => 0) : results.get(gradient)!.data;
      expectClose(actual, expected, 1e-6, `${order} by ${input}`, 1);
    });
  }
}

async function judge(name: string, operatorCase: OperatorCase): Promise<void> {
  const graph = new CaseGraph(name, operatorCase);
  const { builder, variables, outputs } = graph;
  const forward = builder.finish(outputs);
  await expectSameNatively(native, forward, graph.feeds);

  if (OPERATORS.get(name)!.gradient === 'none') return;
  if (!outputs.every(output => builder.header(output).type.startsWith('float'))) return;
  const seeds = graph.cotangents('seed', outputs);
  const gradients = graph.differentiate(forward, seeds, variables);
  graph.expectCentralDifferences(forward, seeds, variables, gradients, 'gradient');

  // The gradient is a function of the variables and, linearly, of the cotangents.
  const first = gradients.filter(gradient => gradient !== undefined);
  const backward = builder.finish(first);
  const probes = graph.cotangents('probe', first);
  const by = [...variables, ...seeds.values()];
  const seconds = graph.differentiate(backward, probes, by);
  graph.expectCentralDifferences(backward, probes, by, seconds, 'second gradient');
  await expectSameNatively(
    native,
    builder.finish([...first, ...seconds.filter(second => second !== undefined)]),
    graph.feeds,
  );
}

describe('operators', () => {
  it('has cases for every operator of the registry, and for no other', () => {
    expect(Object.keys(CASES).sort()).toEqual([...OPERATORS.keys()].sort());
  });

  it.each(Object.keys(CASES))('%s: value, gradient and second gradient', async name => {
    const property = fc.asyncProperty(fc.gen(), generate => judge(name, CASES[name]!(new Draw(generate))));
    await fc.assert(property, { seed: SEED, numRuns: RUNS[name] ?? FEW });
  });
});
