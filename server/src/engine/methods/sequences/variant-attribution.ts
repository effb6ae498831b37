/** Differences between the maps of windows with either allele of a variant, in the coordinates of the reference window. */
import type { variant_attribution as specification } from '../../../catalog/methods/index.js';
import { variantOf } from '../../data/variant.js';
import { positionScores } from '../../metrics/position-scores.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';
import { prepareInside } from './inner-maps.js';
import { alternativesOf } from './variant-effect.js';

const BASES = 4;

export const variantAttribution: Method<typeof specification> = async (context, { method: call }) => {
  const { model, executor, examples, passed } = context;
  const { length, size } = model;
  await alternativesOf(context, 0, 0);
  // The method inside finds here the target at the window that it is given.
  const outputs = context.outputs.slice();
  const inner = await prepareInside(call, { ...context, outputs });
  const forward = inner.ignoresOutputs ? undefined : await Pass.forward(model, executor);
  return {
    produces: 'contribution',
    ...(inner.unit !== undefined && { unit: inner.unit }),
    arrays: [],
    blockRows: Math.max(1, Math.floor(inner.blockRows / 2)),
    async explain({ from, to, x }) {
      const map = new Float32Array(x.length);
      const add = async (window: Float32Array, place: (row: number, position: number) => number, sign: number) => {
        if (forward) outputs.set(await forward.run(window, passed), from);
        const { map: found } = await inner.explain({ from, to, x: window });
        const scores = positionScores(inner.produces, found, window);
        scores.forEach((score, at) => {
          const row = Math.floor(at / length);
          const position = place(row, at % length);
          if (position >= length) return;
          for (let base = 0; base < BASES; base++)
            map[row * size + position * BASES + base]! += sign * score * window[at * BASES + base]!;
        });
      };
      const pairs = examples.names.slice(from, to).map(name => pairOf(name, length));
      await add(x, (row, position) => (position < pairs[row]!.shared ? position : length), -1);
      await add(await alternativesOf(context, from, to), (row, position) => pairs[row]!.place(position), 1);
      return { map };
    },
    notes: () => [],
    release: async () => {
      await inner.release();
      await forward?.release();
    },
  };
};

/** How the windows of a variant lie on each other. */
interface WindowPair {
  /** Positions of the reference window that the alternative one still holds: an insertion pushes out the last. */
  readonly shared: number;
  /** Where a position of the alternative window lies in the reference window. */
  readonly place: (position: number) => number;
}

function pairOf(name: string, length: number): WindowPair {
  const variant = variantOf(name);
  if (variant === undefined) throw new Error(`"${name}" names no variant`);
  const { reference, alternative } = variant;
  const start = Math.floor(length / 2);
  const longer = alternative.length - reference.length;
  return {
    shared: length - Math.max(0, longer),
    place: position =>
      position >= start + alternative.length ? position - longer : Math.min(position, start + reference.length - 1),
  };
}
