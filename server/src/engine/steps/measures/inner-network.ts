/** What measurements of limits see inside of a network: layers, their gradients, and what it says when one is changed. */
import type { Executor } from '../../backends/executor.js';
import { Failure } from '../../failure.js';
import { floats, sizeOf, type Graph, type Node, type Tensor } from '../../graph/graph.js';
import { batchSize } from '../../methods/batch.js';
import { findAttentions } from '../../methods/model-based/attention.js';
import { addZeros, elements, type Passed } from '../../methods/passes.js';
import { moveAttention, type AttentionFreedomInput } from '../../metrics/attention-freedom.js';
import type { Rescaling } from '../../metrics/kernel-rescaling.js';
import type { Units } from '../../metrics/unit-redundancy.js';
import type { ScalarModel } from '../../models/model.js';
import { Stream } from '../../random/philox.js';
import { differentiate } from '../../transforms/autodiff.js';
import { belongsTo, findLayer, substitute } from '../../transforms/layers.js';
import { kernelLayers, kernelNorms, rescaleUnits, scaleUnits } from '../../transforms/rescale.js';

/** What every look inside works with. */
export interface Inside {
  readonly model: ScalarModel;
  readonly executor: Executor;
  /** Inputs of all examples, [example, …shape]. */
  readonly x: Float32Array;
  readonly passed: Passed;
}

/** ln of the largest random factor, either way. */
const WIDEST = Math.log(100);

/**
 * Outputs of a graph at all examples; the last batch is filled up with zeros.
 *
 * @param input the examples' name, [batch, …shape]
 * @param more further inputs of a batch, from its first example on
 * @returns by name, [example, …]
 */
async function runAll(
  { model, executor, x, passed }: Inside,
  graph: Graph,
  input: string,
  more: (from: number) => Readonly<Record<string, Tensor>> = () => ({}),
): Promise<ReadonlyMap<string, Float32Array>> {
  const { size, shape } = model;
  const count = x.length / size;
  const batch = graph.inputs.find(({ name }) => name === input)!.shape[0] as number;
  const found = new Map<string, Float32Array>();
  const executable = await executor.load(graph);
  try {
    for (let from = 0; from < count; from += batch) {
      const rows = Math.min(batch, count - from);
      const data = new Float32Array(batch * size);
      data.set(x.subarray(from * size, (from + rows) * size));
      const outputs = await executable.run({
        [input]: { type: 'float32', shape: [batch, ...shape], data },
        ...more(from),
      });
      for (const { name } of graph.outputs) {
        const part = elements(outputs, name);
        const width = part.length / batch;
        if (from === 0) found.set(name, new Float32Array(count * width));
        found.get(name)!.set(part.subarray(0, rows * width), from * width);
      }
      await passed(rows);
    }
  } finally {
    await executable.release();
  }
  return found;
}

const meanChange = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

/**
 * A layer with its units as they are, and rescaled.
 *
 * @param layer the first with a kernel where undefined
 * @throws Failure `layer/unknown`, `rescale/refused`
 */
export async function rescaled(
  inside: Inside,
  layer: string | undefined,
  factors: 'reversed' | 'random',
  seed: number,
): Promise<{ readonly original: Rescaling; readonly changed: Rescaling }> {
  const { builder, x, f } = inside.model.build(batchSize(inside.model));
  const graph = builder.finish([f]);
  const node = layerWithKernel(graph, layer);
  const norms = kernelNorms(graph, node);
  const chosen = factors === 'reversed' ? reversing(norms) : drawnFactors(norms.length, seed);
  const other = rescaleUnits(graph, value => builder.shape(value), node, chosen);
  const describe = async (of: Graph): Promise<Rescaling> => {
    const own = of.nodes.find(({ name }) => name === node.name)!;
    const outputs = async (network: Graph) => (await runAll(inside, network, x)).get(f)!;
    const whole = await outputs(of);
    const ablation = new Float64Array(norms.length);
    for (let unit = 0; unit < norms.length; unit++) {
      const without = Float64Array.from(norms, (_, i) => Number(i !== unit));
      ablation[unit] = meanChange(await outputs(scaleUnits(of, own, without)), whole);
    }
    return { norms: kernelNorms(of, own), ablation, outputs: Float64Array.from(whole) };
  };
  return { original: await describe(graph), changed: await describe(other) };
}

function layerWithKernel(graph: Graph, layer: string | undefined): Node {
  const layers = kernelLayers(graph);
  const node = layer === undefined ? layers[0] : layers.find(one => belongsTo(one, layer));
  if (node !== undefined) return node;
  throw new Failure('layer/unknown', `the model has no layer with a kernel${layer === undefined ? '' : ` ${layer}`}`, {
    place: graph.name,
    remedy: `It has ${layers.map(({ name }) => name).join(', ')}.`,
  });
}

/** Factors that give the unit with the k-th largest norm the k-th smallest; 1 for units without weights. */
function reversing(norms: Float64Array): Float64Array {
  const order = [...norms.keys()].sort((a, b) => norms[a]! - norms[b]!);
  const factors = new Float64Array(norms.length).fill(1);
  order.forEach((unit, place) => {
    const wanted = norms[order[order.length - 1 - place]!]!;
    if (norms[unit]! > 0 && wanted > 0) factors[unit] = wanted / norms[unit]!;
  });
  return factors;
}

function drawnFactors(count: number, seed: number): Float64Array {
  const stream = new Stream(seed, 'kernel rescaling');
  return Float64Array.from({ length: count }, () => Math.exp(WIDEST * (2 * stream.uniform() - 1)));
}

const ACTIVATIONS = new Set([
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softsign', 'Exp', 'Gelu'],
]);

/** ‖∂f/∂h‖ of the input and of each activation, [layer][example], and ReLU units that no example activates. */
export async function gradientNorms(
  inside: Inside,
): Promise<{ readonly norms: readonly Float64Array[]; readonly dead: number; readonly units: number }> {
  const { builder, nodes, x, f } = inside.model.build(batchSize(inside.model));
  const layers = nodes.filter(({ operator, outputs }) => ACTIVATIONS.has(operator) && outputs[0] !== f);
  const values = [x, ...layers.map(({ outputs }) => outputs[0]!)];
  const seed = builder.constant(floats(builder.shape(f), new Float32Array(builder.shape(f)[0]!).fill(1)));
  const norms = differentiate(builder, nodes, new Map([[f, seed]]), values).map((gradient, i) => {
    const flat = builder.add('Flatten', [gradient ?? addZeros(builder, values[i]!)], { axis: 1 });
    return builder.add('ReduceL2', [flat, builder.integers([1])], { keepdims: 0 });
  });
  const relus = layers.filter(({ operator }) => operator === 'Relu').map(({ outputs }) => outputs[0]!);
  const peaks = relus.map(value => {
    const rank = builder.rank(value);
    const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    return rank === 2 ? value : builder.add('ReduceMax', [value, builder.integers(axes)], { keepdims: 0 });
  });
  const found = await runAll(inside, builder.finish([f, ...norms, ...peaks]), x);
  let dead = 0;
  let units = 0;
  for (const name of peaks) {
    const width = builder.shape(name)[1]!;
    const active = new Uint8Array(width);
    found.get(name)!.forEach((value, at) => (active[at % width] ||= Number(value > 0)));
    units += width;
    dead += active.filter(one => one === 0).length;
  }
  return { norms: norms.map(name => Float64Array.from(found.get(name)!)), dead, units };
}

/** The units of a layer: what they carry, and what f loses with each of them held at its mean. @throws Failure `layer/unknown` */
export async function unitsOf(inside: Inside, layer: string): Promise<Units> {
  const { builder, x, f } = inside.model.build(batchSize(inside.model));
  const { value } = findLayer(builder, [f], layer);
  const shape = builder.shape(value);
  const channels = shape[1]!;
  const beside = shape.map((_, axis) => (axis === 1 ? channels : 1));
  const perUnit = [...beside.keys()].filter(axis => axis > 1);
  const average =
    perUnit.length === 0 ? value : builder.add('ReduceMean', [value, builder.integers(perUnit)], { keepdims: 0 });
  const plain = await runAll(inside, builder.finish([f, average]), x);
  const whole = plain.get(f)!;
  const values = plain.get(average)!;
  const activations = Array.from({ length: channels }, (_, unit) =>
    Float64Array.from({ length: whole.length }, (_x, example) => values[example * channels + unit]!),
  );
  const means = activations.map(of => of.reduce((sum, one) => sum + one, 0) / of.length);
  const kept = builder.input('units~kept', 'float32', beside);
  const held = builder.input('units~held', 'float32', beside);
  const mixed = builder.add('Add', [builder.add('Mul', [value, kept]), held]);
  const changed = substitute(builder, f, value, mixed);
  const graph = builder.finish([changed]);
  const loss = async (without: (unit: number) => boolean): Promise<number> => {
    const feeds = {
      [kept]: floats(
        beside,
        means.map((_, unit) => Number(!without(unit))),
      ),
      [held]: floats(
        beside,
        means.map((mean, unit) => (without(unit) ? mean : 0)),
      ),
    };
    return meanChange((await runAll(inside, graph, x, () => feeds)).get(changed)!, whole);
  };
  const effects = new Float64Array(channels);
  for (let unit = 0; unit < channels; unit++) effects[unit] = await loss(one => one === unit);
  return { effects, together: await loss(() => true), activations };
}

/** Attention as it is, and moved as far as the outputs of the heads allow. @throws Failure `attention/…` */
export async function movedAttention(inside: Inside, layer: string | undefined): Promise<AttentionFreedomInput> {
  const { builder, nodes, x, f } = inside.model.build(batchSize(inside.model));
  const batch = builder.shape(f)[0]!;
  const [found, ...others] = findAttentions(builder, nodes, batch).filter(
    ({ node }) => layer === undefined || belongsTo(node, layer),
  );
  if (found?.values === undefined || others.length > 0)
    throw new Failure('attention/none', 'one attention with values of its own for each head is expected', {
      place: inside.model.name,
      remedy: 'Name its layer: layer: "…".',
    });
  const { shares, values, product } = found;
  const [, heads, queries, keys] = builder.shape(shares) as [number, number, number, number];
  const plain = await runAll(inside, builder.finish([f, shares, values]), x);
  const [before, allShares, allValues] = [plain.get(f)!, plain.get(shares)!, plain.get(values)!];
  const size = queries * keys;
  const width = allValues.length / (before.length * heads);
  const after = new Float32Array(allShares.length);
  const [free, moved, top] = [0, 0, 0].map(() => new Float64Array(before.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let at = 0; at < before.length * heads; at++) {
    const one = moveAttention(
      allShares.subarray(at * size, (at + 1) * size),
      allValues.subarray(at * width, (at + 1) * width),
      keys,
    );
    after.set(one.shares, at * size);
    const example = Math.floor(at / heads);
    free[example]! += one.free / heads;
    moved[example]! += one.moved / heads;
    top[example]! += one.top / heads;
  }
  const attention = product.inputs[0]!;
  const shape = builder.shape(attention);
  const given = builder.input('attention~given', 'float32', shape);
  const changed = substitute(builder, f, attention, given);
  const perBatch = sizeOf(shape);
  const again = await runAll(inside, builder.finish([changed]), x, from => {
    const data = new Float32Array(perBatch);
    const start = from * heads * size;
    data.set(after.subarray(start, start + perBatch));
    return { [given]: { type: 'float32', shape, data } };
  });
  return { free, moved, top, before: Float64Array.from(before), after: Float64Array.from(again.get(changed)!) };
}
