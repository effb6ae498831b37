/** The explained number at every single substitution of a sequence. */
import type { Executor } from '../../backends/executor.js';
import type { ScalarModel } from '../../models/model.js';
import { Pass, type Passed } from '../passes.js';

/** Elements [position, base] of a sequence that do not hold a full base already. */
export function substitutionsOf(sequence: Float32Array): number[] {
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

export class SubstitutionPass {
  private constructor(
    private readonly forward: Pass,
    private readonly size: number,
  ) {}

  static async create(model: ScalarModel, executor: Executor): Promise<SubstitutionPass> {
    return new SubstitutionPass(await Pass.forward(model, executor), model.length * 4);
  }

  /**
   * @param x [row, position, base]
   * @param outputs f at every row
   * @returns f with this base at this position minus f, [row, position, base]; zero where the sequence has the base
   */
  async run(x: Float32Array, outputs: Float32Array, passed: Passed): Promise<Float32Array> {
    const { size } = this;
    const map = new Float32Array(x.length);
    for (let row = 0; row * size < x.length; row++) {
      const sequence = x.subarray(row * size, (row + 1) * size);
      const places = substitutionsOf(sequence);
      const values = await this.forward.run(mutants(sequence, places), passed);
      places.forEach((place, i) => {
        map[row * size + place] = values[i]! - outputs[row]!;
      });
    }
    return map;
  }

  release(): Promise<void> {
    return this.forward.release();
  }
}
