/** Occlusion: f(x) − f(x without a window), the window moved along the input. Zeiler & Fergus 2014. */
import type { occlusion as specification } from '../../../catalog/methods/index.js';
import { blockRowsFor, type Method } from '../method.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { Masking } from './masking.js';
import { placeFeatures } from './placement.js';

/** First features of the windows; the last window ends where the input ends. */
export function windowStarts(length: number, window: number, stride: number): number[] {
  const last = Math.max(0, length - window);
  const starts = Array.from({ length: Math.ceil(last / stride) }, (_, i) => i * stride);
  return [...starts, last];
}

export const occlusion: Method<typeof specification> = async (context, { baseline, window, stride }) => {
  const { length } = context.model;
  const masking = await Masking.create(context, await referenceOf(baseline, context));
  const windows = windowStarts(length, window, stride).map(start =>
    Array.from({ length: Math.min(window, length) }, (_, i) => start + i),
  );
  const covering = new Float64Array(length);
  for (const feature of windows.flat()) covering[feature]!++;
  return {
    produces: 'contribution',
    arrays: [
      {
        name: 'windows',
        type: 'float32',
        unit: 'target',
        axes: [{ name: 'window', size: windows.length, labels: windows.map(w => `${w[0]!}-${w.at(-1)!}`) }],
      },
    ],
    blockRows: blockRowsFor(windows.length * masking.copies),
    explain: async rows => {
      const block = await masking.open(rows);
      const without = await masking.means(block, windows.length, (_, at) => windows[at]!);
      const lost = without.map((value, i) => block.outputs[Math.floor(i / windows.length)]! - value);
      const each = new Float64Array(block.rows * length);
      lost.forEach((value, i) => {
        const row = Math.floor(i / windows.length);
        for (const feature of windows[i % windows.length]!) each[row * length + feature]! += value / covering[feature]!;
      });
      return {
        map: placeFeatures(each, block.x),
        arrays: { windows: Float32Array.from(lost) },
        info: block.distinct,
      };
    },
    notes: infos => referenceNotes(masking.reference, (infos as number[][]).flat()),
    release: () => masking.release(),
  };
};
