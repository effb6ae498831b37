/** One number per position or feature: the form in which maps of different kinds are compared, ranked and scored against truth. */
import type { Form, MapKind } from '../../catalog/specification.js';
import type { InputSpace } from '../data/input-space.js';
import type { Values } from './metric.js';

/** Whether a method's result is a map of the input, which has scores. */
export function isMap(form: Form): form is MapKind {
  return ['gradient', 'contribution', 'hypothetical', 'effect'].includes(form);
}

/**
 * The position score of each kind of map, from its four numbers at a position and the letter there (shares of bases).
 *
 * - contribution: the sum over bases, what the position adds to f(x) − f(reference)
 * - hypothetical: the value at the observed base, which is the same number
 * - gradient: the value at the observed base (gradient × input)
 * - effect: minus the mean over the other bases, so that a base whose loss lowers the target scores positive
 *
 * An ambiguity code counts as equal shares of its bases; at an unknown base (all zero) a gradient or hypothetical map
 * scores 0 and an effect map minus the mean over all bases.
 *
 * @param map [example, position, 4]
 * @param oneHot [example, position, 4]
 * @returns [example, position]
 */
export function positionScores(kind: MapKind, map: Values, oneHot: Values): Float64Array {
  const scores = new Float64Array(map.length / 4);
  for (let position = 0; position < scores.length; position++) {
    let sum = 0;
    let atObserved = 0;
    let observed = 0;
    for (let at = position * 4; at < position * 4 + 4; at++) {
      sum += map[at]!;
      atObserved += map[at]! * oneHot[at]!;
      observed += oneHot[at]!;
    }
    switch (kind) {
      case 'contribution':
        scores[position] = sum;
        break;
      case 'hypothetical':
      case 'gradient':
        scores[position] = atObserved;
        break;
      case 'effect':
        scores[position] = (atObserved - sum) / (4 - observed);
        break;
    }
  }
  return scores;
}

/**
 * The score of each feature of a row of numbers: gradient × input, or the map itself.
 *
 * @param map [example, feature]
 * @param x [example, feature]
 */
export function featureScores(kind: MapKind, map: Values, x: Values): Float64Array {
  return Float64Array.from(map, (value, i) => (kind === 'gradient' ? value * x[i]! : value));
}

/** One number per position of a sequence or feature of a row. */
export function scoresOf(alphabet: InputSpace['alphabet'], kind: MapKind, map: Values, x: Values): Float64Array {
  return alphabet === 'dna' ? positionScores(kind, map, x) : featureScores(kind, map, x);
}
