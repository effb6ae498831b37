/** What measurements of limits see inside of a network: kernels, gradients of layers, and what it says without a unit. */
import { Failure } from '../../failure.js';
import { floats, type Graph, type Node } from '../../graph/graph.js';
import { addPeaks } from '../../methods/activity.js';
import { batchSize } from '../../methods/batch.js';
import { addZeros } from '../../methods/passes.js';
import type { Rescaling } from '../../metrics/kernel-rescaling.js';
import type { Units } from '../../metrics/unit-redundancy.js';
import { Stream } from '../../random/philox.js';
import { differentiate } from '../../transforms/autodiff.js';
import { belongsTo, findLayer, substitute } from '../../transforms/layers.js';
import { kernelLayers, kernelNorms, rescaleUnits, scaleUnits } from '../../transforms/rescale.js';
import { unitAxes } from '../../transforms/unit-axis.js';
import { runAll, type Inside } from './inside.js';

/** Units that are taken out one by one, and whose activations are taken apart. */
const MOST_UNITS = 300;

/** ln of the largest random factor, either way. */
const WIDEST = Math.log(100);

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
  const extentsOf = (value: string): readonly number[] => builder.shape(value);
  const other = rescaleUnits(graph, extentsOf, node, chosen);
  const describe = async (of: Graph): Promise<Rescaling> => {
    const own = of.nodes.find(({ name }) => name === node.name)!;
    const outputs = async (network: Graph) => (await runAll(inside, network, x)).get(f)!;
    const whole = await outputs(of);
    const ablation = new Float64Array(norms.length);
    for (let unit = 0; unit < norms.length; unit++) {
      const without = Float64Array.from(norms, (_, i) => Number(i !== unit));
      ablation[unit] = meanChange(await outputs(scaleUnits(of, extentsOf, own, without)), whole);
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

export interface GradientNorms {
  /** ‖∂f/∂h‖ of the input and of each activation, [layer][example]. */
  readonly norms: readonly Float64Array[];
  /** ReLU units that no example activates, of all that could be counted; layers that could not. */
  readonly dead: number;
  readonly units: number;
  readonly uncounted: number;
}

export async function gradientNorms(inside: Inside): Promise<GradientNorms> {
  const { builder, nodes, x, f } = inside.model.build(batchSize(inside.model));
  const layers = nodes.filter(({ operator, outputs }) => ACTIVATIONS.has(operator) && outputs[0] !== f);
  const values = [x, ...layers.map(({ outputs }) => outputs[0]!)];
  const seed = builder.constant(floats(builder.shape(f), new Float32Array(builder.shape(f)[0]!).fill(1)));
  const norms = differentiate(builder, nodes, new Map([[f, seed]]), values).map((gradient, i) => {
    const flat = builder.add('Flatten', [gradient ?? addZeros(builder, values[i]!)], { axis: 1 });
    return builder.add('ReduceL2', [flat, builder.integers([1])], { keepdims: 0 });
  });
  const { peaks, uncounted } = addPeaks({ builder, f }, layers);
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
  return { norms: norms.map(name => Float64Array.from(found.get(name)!)), dead, units, uncounted };
}

/**
 * The units of a layer: what they carry, and what f loses with each of them held at its mean.
 *
 * @throws Failure `layer/unknown`, `layer/units`, `layer/size`
 */
export async function unitsOf(inside: Inside, layer: string): Promise<Units> {
  const { builder, x, f } = inside.model.build(batchSize(inside.model));
  const { value } = findLayer(builder, [f], layer);
  const shape = builder.shape(value);
  const units = unitAxes(builder)(value);
  if (units === undefined)
    throw new Failure(
      'layer/units',
      `of the layer ${layer}, [${shape.join(', ')}], the graph does not tell which axis counts its units`,
      {
        place: inside.model.name,
        remedy: 'Name the convolution or the product with weights that makes the units, or what follows it directly.',
      },
    );
  const channels = shape[units]!;
  if (channels > MOST_UNITS)
    throw new Failure(
      'layer/size',
      `the layer ${layer} has ${channels} units, and at most ${MOST_UNITS} are taken out`,
      {
        place: inside.model.name,
        remedy: 'Choose a smaller layer.',
      },
    );
  const beside = shape.map((_, axis) => (axis === units ? channels : 1));
  const perUnit = [...beside.keys()].filter(axis => axis !== 0 && axis !== units);
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
