/** In-silico mutagenesis: f with one base exchanged, minus f, for every position and base. */
import type { in_silico_mutagenesis } from '../../../catalog/methods/index.js';
import { blockRowsFor, type Method } from '../method.js';
import { Pass } from '../passes.js';

export const inSilicoMutagenesis: Method<typeof in_silico_mutagenesis> = async ({
  model,
  executor,
  outputs,
  passed,
}) => {
  const pass = await Pass.forward(model, executor);
  const size = model.length * 4;
  return {
    produces: 'effect',
    arrays: [],
    blockRows: blockRowsFor(3 * model.length),
    explain: async ({ from, to, x }) => {
      const map = new Float32Array((to - from) * size);
      for (let row = 0; row < to - from; row++) {
        const sequence = x.subarray(row * size, (row + 1) * size);
        const places = substitutions(sequence);
        const values = await pass.run(mutants(sequence, places), passed);
        places.forEach((place, i) => {
          map[row * size + place] = values[i]! - outputs[from + row]!;
        });
      }
      return { map };
    },
    notes: () => [],
    release: () => pass.release(),
  };
};

/** Elements [position, base] of a sequence that do not hold a full base already. */
function substitutions(sequence: Float32Array): number[] {
  return Array.from(sequence.keys()).filter(at => sequence[at] !== 1);
}

/** One copy of the sequence per place, with the base of that place alone at its position: [place, position, base]. */
function mutants(sequence: Float32Array, places: readonly number[]): Float32Array {
  const all = new Float32Array(places.length * sequence.length);
  places.forEach((place, i) => {
    const start = i * sequence.length;
    all.set(sequence, start);
    all.fill(0, start + place - (place % 4), start + place - (place % 4) + 4);
    all[start + place] = 1;
  });
  return all;
}
