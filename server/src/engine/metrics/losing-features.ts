/**
 * Examples that lose features to their baseline one after another, as a model is asked about them: by their inputs, or, where the
 * model begins with a product, by that product, which changes by a sum over the lost features alone.
 */
import type { Replaced } from './prediction-gaps.js';
import type { Ask } from './row-queue.js';

/** The first products of a model, or those of several side by side. */
export interface Products {
  readonly units: number;
  /** What a number of an example adds to the products: [number, unit]. */
  readonly weights: Float32Array;
  /** [row, …shape of an example] → [row, unit] */
  readonly of: (rows: Float32Array) => Promise<Float32Array>;
  /** [row, unit] → what the model says of the rows */
  readonly ask: Ask;
}

export interface Losing {
  /** Numbers that stand for an example. */
  readonly size: number;
  /** What stands for a whole example; the caller may change it. */
  readonly whole: (example: number) => Float32Array | Float64Array;
  /** Takes a feature from what stands for an example. */
  readonly lose: (state: Float32Array | Float64Array, example: number, feature: number) => void;
  readonly ask: Ask;
}

export function losingInputs({ classes, features, x, baseline }: Replaced, ask: Ask): Losing {
  const size = x.length / classes.length;
  const width = size / features;
  return {
    size,
    whole: example => x.slice(example * size, (example + 1) * size),
    lose: (state, example, feature) => {
      const at = feature * width;
      state.set(baseline.subarray(example * size + at, example * size + at + width), at);
    },
    ask,
  };
}

/** The same with sums in float64: what has been lost step by step is as near as what is computed at once. */
export async function losingProducts(replaced: Replaced, products: Products): Promise<Losing> {
  const { classes, features, x, baseline } = replaced;
  const { units, weights, of, ask } = products;
  const size = x.length / classes.length;
  const width = size / features;
  const whole = await of(x);
  return {
    size: units,
    whole: example => Float64Array.from(whole.subarray(example * units, (example + 1) * units)),
    lose: (state, example, feature) => {
      for (let number = feature * width; number < (feature + 1) * width; number++) {
        const at = example * size + number;
        const change = baseline[at]! - x[at]!;
        if (change === 0) continue;
        for (let unit = 0; unit < units; unit++) state[unit]! += change * weights[number * units + unit]!;
      }
    },
    ask,
  };
}

/** Examples that are looked at both ways, and the largest difference of a probability that is left to rounding. */
const SAMPLED = 16;
const CLOSE = 1e-4;

/** By products where they are known, and agree with the inputs on examples that have lost every other feature. */
export async function losing(
  replaced: Replaced,
  { ask, products }: { readonly ask: Ask; readonly products: () => Promise<Products | undefined> },
): Promise<Losing> {
  const plain = losingInputs(replaced, ask);
  const known = await products();
  if (known === undefined) return plain;
  const quick = await losingProducts(replaced, known);
  const examples = [...replaced.classes.keys()].slice(0, SAMPLED);
  const halved = async ({ size, whole, lose, ask }: Losing): Promise<Float32Array> => {
    const rows = new Float32Array(examples.length * size);
    for (const example of examples) {
      const state = whole(example);
      for (let feature = 0; feature < replaced.features; feature += 2) lose(state, example, feature);
      rows.set(state, example * size);
    }
    return ask(rows, examples);
  };
  const found = await halved(quick);
  const expected = await halved(plain);
  return found.every((value, i) => Math.abs(value - expected[i]!) <= CLOSE) ? quick : plain;
}
