/**
 * Epistasis: f(both) − f(first) − f(second) + f(neither) for pairs of substitutions; zero where their effects add up.
 * Departure from additivity: Cordell 2002, Human Molecular Genetics 11:2463.
 */
import type { epistasis as specification } from '../../../catalog/methods/index.js';
import { Failure } from '../../failure.js';
import { blockRowsFor, type Method, type MethodContext } from '../method.js';
import { Pass } from '../passes.js';

/** Numbers that are assembled at a time: 16 MiB of float32. */
const NUMBERS_AT_ONCE = 2 ** 22;
const BASES = 4;

/** A base at a position. */
interface Substitution {
  readonly position: number;
  readonly base: number;
}

/** Predictions for one sequence with some bases exchanged. */
class Mutants {
  /** Rows that are assembled at a time. */
  readonly atOnce: number;

  constructor(
    private readonly forward: Pass,
    private readonly passed: MethodContext['passed'],
    private readonly sequence: Float32Array,
  ) {
    this.atOnce = Math.max(256, Math.floor(NUMBERS_AT_ONCE / sequence.length / 256) * 256);
  }

  /** f with all substitutions of each list made: [list]. */
  async outputs(lists: readonly (readonly Substitution[])[]): Promise<Float32Array> {
    const { sequence, atOnce } = this;
    const all = new Float32Array(lists.length);
    for (let from = 0; from < lists.length; from += atOnce) {
      const some = lists.slice(from, from + atOnce);
      const inputs = new Float32Array(some.length * sequence.length);
      some.forEach((list, i) => {
        const at = i * sequence.length;
        inputs.set(sequence, at);
        for (const { position, base } of list) {
          inputs.fill(0, at + BASES * position, at + BASES * (position + 1));
          inputs[at + BASES * position + base] = 1;
        }
      });
      all.set(await this.forward.run(inputs, this.passed), from);
    }
    return all;
  }
}

export const epistasis: Method<typeof specification> = async (context, { from, to, bases }) => {
  const { model, executor, outputs, passed } = context;
  const end = to ?? model.length;
  const positions = end - from;
  if (positions < 2 || end > model.length)
    throw new Failure('method/range', `there are no pairs of positions in ${from} … ${end} of ${model.length}`, {
      remedy: 'Positions are counted from 0; `to` is the first that is left out.',
    });
  const forward = await Pass.forward(model, executor);
  const pairs = (positions * (positions - 1)) / 2;
  const axis = {
    name: 'position',
    size: positions,
    labels: Array.from({ length: positions }, (_, i) => String(from + i)),
  };
  const effectsSize = positions * BASES;
  const mapSize = positions * positions;

  return {
    produces: 'interaction',
    axes: [axis, axis],
    arrays: [
      {
        name: 'effects',
        type: 'float32',
        unit: 'target',
        axes: [axis, { name: 'base', size: BASES, labels: ['A', 'C', 'G', 'T'] }],
      },
      { name: 'bases', type: 'float32', unit: 'base', axes: [axis, axis] },
    ],
    blockRows: blockRowsFor(3 * positions + pairs * (bases === 'all' ? 9 : 1)),
    explain: async ({ from: first, to: last, x }) => {
      const rows = last - first;
      const map = new Float32Array(rows * mapSize);
      const chosen = new Float32Array(rows * mapSize);
      const effects = new Float32Array(rows * effectsSize);
      for (let row = 0; row < rows; row++) {
        const sequence = x.subarray(row * model.size, (row + 1) * model.size);
        const mutants = new Mutants(forward, passed, sequence);
        const own = effects.subarray(row * effectsSize, (row + 1) * effectsSize);
        const singles = Array.from({ length: effectsSize }, (_, at): Substitution => {
          return { position: from + Math.floor(at / BASES), base: at % BASES };
        }).filter(({ position, base }) => sequence[BASES * position + base] !== 1);
        const before = outputs[first + row]!;
        const alone = await mutants.outputs(singles.map(single => [single]));
        const index = ({ position, base }: Substitution): number => (position - from) * BASES + base;
        singles.forEach((single, i) => (own[index(single)] = alone[i]! - before));

        const candidates = Array.from({ length: positions }, (_, i) => {
          const here = singles.filter(single => single.position === from + i);
          if (bases === 'all') return here;
          return [here.reduce((best, one) => (Math.abs(own[index(one)]!) > Math.abs(own[index(best)]!) ? one : best))];
        });
        let waiting: (readonly [Substitution, Substitution])[] = [];
        const evaluate = async (): Promise<void> => {
          const both = await mutants.outputs(waiting);
          waiting.forEach(([one, other], k) => {
            const value = both[k]! - before - own[index(one)]! - own[index(other)]!;
            const [i, j] = [one.position - from, other.position - from];
            const at = row * mapSize + i * positions + j;
            const mirrored = row * mapSize + j * positions + i;
            if (Math.abs(value) < Math.abs(map[at]!)) return;
            map[at] = map[mirrored] = value;
            chosen[at] = one.base;
            chosen[mirrored] = other.base;
          });
          waiting = [];
        };
        for (const [i, ones] of candidates.entries())
          for (const others of candidates.slice(i + 1)) {
            for (const one of ones) for (const other of others) waiting.push([one, other]);
            if (waiting.length >= mutants.atOnce) await evaluate();
          }
        await evaluate();
      }
      return { map, arrays: { effects, bases: chosen } };
    },
    notes: () => [],
    release: () => forward.release(),
  };
};
