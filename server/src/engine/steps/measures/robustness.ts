/** How the measurements of robustness explain anew: changed inputs, and models with scrambled weights. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/metrics/robustness.js';
import { Failure } from '../../failure.js';
import { deviation, requireUnit } from '../../methods/noise.js';
import type { Passed } from '../../methods/passes.js';
import { METRICS } from '../../metrics/metrics.js';
import { scoresOf } from '../../metrics/position-scores.js';
import { otherBases, otherCounts } from '../../metrics/replacement.js';
import type { Movement } from '../../metrics/sensitivity.js';
import { Stream } from '../../random/philox.js';
import { explainerBehind, type Explainer } from '../explainer.js';
import type { StepContext } from '../step.js';
import { examplesBehind, only, read, type Measures, type MetricTask } from './measure.js';

export const ROBUSTNESS_MEASURES: Measures<typeof specifications> = {
  max_sensitivity: async (task, parameters, context, passed) =>
    METRICS.max_sensitivity(await movements(task, parameters, context, passed)),
  local_lipschitz: async (task, parameters, context, passed) =>
    METRICS.local_lipschitz(await movements(task, parameters, context, passed)),
  model_randomisation: async (task, { seed }, context, passed) => {
    const key = only(task);
    const examples = await examplesBehind(context, key);
    const scrambled: Float64Array[] = [];
    for (let layers = 1, most = Infinity; layers <= most; layers++) {
      const explainer = await explainerBehind(key, context, passed, model => {
        most = model.weightLayers;
        return model.scrambled(layers, seed);
      });
      try {
        if (most === 0)
          throw new Failure('metric/no-layers', 'the model has no layer with weights to scramble', {
            place: context.title,
          });
        const found = new Float64Array(examples.count * examples.length);
        await eachBlock(explainer, examples.count, async (from, to) => {
          const x = await examples.inputs(from, to);
          const map = await explainer.explain({ from, to, x });
          found.set(scoresOf(examples.space.alphabet, explainer.kind, map, x), from * examples.length);
        });
        scrambled.push(found);
      } finally {
        await explainer.release();
      }
    }
    const { count, length, names } = examples;
    return METRICS.model_randomisation({
      scores: await read(context, key, 'scores'),
      scrambled,
      examples: count,
      length,
      names,
    });
  },
};

async function eachBlock(
  { blockRows }: Explainer,
  count: number,
  visit: (from: number, to: number) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < count; from += blockRows) await visit(from, Math.min(from + blockRows, count));
}

/**
 * Maps of neighbours of each example: with `changes` letters or counts exchanged, compared at the features that stay, or with
 * noise on every number.
 */
async function movements(
  task: MetricTask,
  { changes, noise, samples, seed }: ParametersOf<typeof specifications.max_sensitivity>,
  context: StepContext,
  passed: Passed,
): Promise<Movement> {
  const key = only(task);
  const examples = await examplesBehind(context, key);
  const { count, size, length, space, origins } = examples;
  const map = await read(context, key, 'array');
  const width = size / length;
  if (noise !== undefined) requireNumbers(noise, space, context);
  const exchange = space.alphabet === 'dna' ? otherBases : otherCounts;
  if (noise === undefined && space.alphabet === 'expression')
    throw new Failure('metric/no-noise', 'expression values have no neighbours without a size of the noise', {
      place: context.title,
      remedy: 'Give it: noise: 2%.',
    });
  const [maps, inputs, norms] = [0, 0, 0].map(() => new Float64Array(count * samples)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const explainer = await explainerBehind(key, context, passed);
  try {
    await eachBlock(explainer, count, async (from, to) => {
      const x = await examples.inputs(from, to);
      for (let sample = 0; sample < samples; sample++) {
        const moved = x.slice();
        const changed = Array.from({ length: to - from }, (_, row) => {
          const own = x.subarray(row * size, (row + 1) * size);
          const stream = new Stream(seed, 'neighbours', origins[from + row], sample);
          if (noise !== undefined) {
            const radius = deviation(noise, own);
            own.forEach((value, i) => (moved[row * size + i] = value + radius * (2 * stream.uniform() - 1)));
            return new Set<number>();
          }
          const features = stream.choose(length, Math.min(changes, length));
          for (const feature of features) {
            const [start, end] = [feature * width, (feature + 1) * width];
            moved.set(exchange(own.slice(start, end), stream), row * size + start);
          }
          return new Set(features);
        });
        const found = await explainer.explain({ from, to, x: moved });
        changed.forEach((features, row) => {
          const at = (from + row) * samples + sample;
          for (let i = 0; i < size; i++) {
            const before = map[(from + row) * size + i]!;
            inputs[at]! += (moved[row * size + i]! - x[row * size + i]!) ** 2;
            if (features.has(Math.floor(i / width))) continue;
            maps[at]! += (found[row * size + i]! - before) ** 2;
            norms[at]! += before ** 2;
          }
        });
      }
    });
  } finally {
    await explainer.release();
  }
  const [mapDistances, inputDistances, lengths] = [maps, inputs, norms].map(squares => squares.map(Math.sqrt)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { maps: mapDistances, inputs: inputDistances, norms: lengths, neighbours: samples };
}

/** @throws Failure `metric/noise` for DNA, `method/noise` for an amount in units that the input does not have */
function requireNumbers(
  noise: NonNullable<ParametersOf<typeof specifications.max_sensitivity>['noise']>,
  space: Parameters<typeof requireUnit>[1],
  { title }: StepContext,
): void {
  if (space.alphabet === 'dna')
    throw new Failure('metric/noise', 'a sequence with noise on its letters is no sequence', {
      place: title,
      remedy: 'Leave `noise` out, and say with `changes` how many letters are exchanged.',
    });
  requireUnit(noise, space);
}
