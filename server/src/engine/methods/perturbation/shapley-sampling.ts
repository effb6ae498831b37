/**
 * Shapley values by permutations: groups enter one after the other, and each is credited with what its entry changes.
 * Castro, Gómez & Tejada 2009, Computers & Operations Research 36:1726; Štrumbelj & Kononenko 2014, Knowledge and
 * Information Systems 41:647. Walking an order backwards too: Mitchell et al. 2022, JMLR 23:43.
 */
import type { shapley_sampling } from '../../../catalog/methods/index.js';
import type { Origin } from '../../data/examples.js';
import { Stream } from '../../random/philox.js';
import type { Method } from '../method.js';
import { groupArray } from './placement.js';
import { prepareShapley } from './shapley.js';

export const shapleySampling: Method<typeof shapley_sampling> = (context, parameters) =>
  prepareShapley(context, parameters, (groups, copies) => {
    const { permutations, antithetic, seed } = parameters;
    const count = groups.members.length;
    const directions = antithetic ? 2 : 1;
    // Every reference has its own orders; a round holds one of each.
    const walksPerRound = copies * directions;
    const walks = permutations * walksPerRound;
    const inner = count - 1;

    const walkOf = (walk: number) => {
      const draw = Math.floor(walk / directions);
      return { copy: draw % copies, draw, backwards: walk % directions === 1 };
    };
    const orderOf = (origin: Origin, walk: number): Uint32Array => {
      const { draw, backwards } = walkOf(walk);
      const order = Uint32Array.from({ length: count }, (_, group) => group);
      new Stream(seed, 'shapley_sampling', origin, draw).shuffle(order);
      return backwards ? order.reverse() : order;
    };

    return {
      coalitions: permutations * directions * inner,
      arrays: [groupArray('standard_errors', groups)],
      estimate: async ({ block, masking, referenceOutputs, full }) => {
        let current: { at: number; order: Uint32Array } = { at: -1, order: new Uint32Array(0) };
        const known = await masking.evaluate(block, block.rows * walks * inner, index => {
          const at = Math.floor(index / inner);
          const row = Math.floor(at / walks);
          if (at !== current.at) current = { at, order: orderOf(block.origins[row]!, at % walks) };
          const waiting = current.order.subarray((index % inner) + 1);
          return { row, copy: walkOf(at % walks).copy, absent: [...waiting].flatMap(group => groups.members[group]!) };
        });

        const values = new Float64Array(block.rows * count);
        const standardErrors = new Float32Array(block.rows * count);
        for (let row = 0; row < block.rows; row++) {
          const mean = values.subarray(row * count, (row + 1) * count);
          const squares = new Float64Array(count);
          for (let round = 0; round < permutations; round++) {
            const credit = new Float64Array(count);
            for (let walk = round * walksPerRound; walk < (round + 1) * walksPerRound; walk++) {
              const order = orderOf(block.origins[row]!, walk);
              const from = (row * walks + walk) * inner;
              let before = referenceOutputs[row * copies + walkOf(walk).copy]!;
              order.forEach((group, place) => {
                const after = place < inner ? known[from + place]! : full[row]!;
                credit[group]! += (after - before) / walksPerRound;
                before = after;
              });
            }
            // Welford's update: no difference of large squares.
            for (let group = 0; group < count; group++) {
              const surprise = credit[group]! - mean[group]!;
              mean[group]! += surprise / (round + 1);
              squares[group]! += surprise * (credit[group]! - mean[group]!);
            }
          }
          squares.forEach((sum, group) => {
            standardErrors[row * count + group] = Math.sqrt(sum / (permutations * (permutations - 1)));
          });
        }
        return { values, arrays: { standard_errors: standardErrors } };
      },
    };
  });
