/** What permutation importance measures: how wrong the model is on the data set, larger being worse. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type { permutation_importance } from '../../../catalog/methods/global.js';
import { Failure } from '../../failure.js';
import { rocArea } from '../../metrics/curves.js';

export interface Loss {
  readonly name: Exclude<ParametersOf<typeof permutation_importance>['loss'], 'auto'>;
  readonly unit: string;
  /** @param outputs the target at every example */
  of(outputs: ArrayLike<number>): number;
  /** The loss of each example where the whole is their mean, [example]. */
  readonly each?: (outputs: ArrayLike<number>) => Float64Array;
}

type Labels = readonly (number | undefined)[];

/** ln(1 + e^z) without overflow. */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** A loss that is the mean of the losses of single examples. */
function meanOf(
  name: Loss['name'],
  unit: string,
  count: number,
  term: (example: number, outputs: ArrayLike<number>) => number,
): Loss & Required<Pick<Loss, 'each'>> {
  const each = (outputs: ArrayLike<number>) => Float64Array.from({ length: count }, (_, i) => term(i, outputs));
  return { name, unit, each, of: outputs => each(outputs).reduce((sum, value) => sum + value, 0) / count };
}

/**
 * @param outputs the target at every example as it is
 * @throws Failure `method/labels` when the loss needs labels that the data do not have
 */
export function lossOf(
  asked: ParametersOf<typeof permutation_importance>['loss'],
  labels: Labels,
  names: readonly string[],
  outputs: Float32Array,
): Loss {
  const n = outputs.length;
  const name = asked === 'auto' ? suitable(labels) : asked;
  if (name === 'output_change') return meanOf(name, 'target', n, (i, changed) => Math.abs(changed[i]! - outputs[i]!));
  const known = numbersOf(labels, names, name);
  if (name === 'squared_error')
    return meanOf(name, 'squared target', n, (i, predicted) => (known[i]! - predicted[i]!) ** 2);
  const positive = classesOf(known, names, name);
  if (name === 'log_loss')
    return meanOf(name, 'nat', n, (i, logits) => softplus(positive[i] === 1 ? -logits[i]! : logits[i]!));
  const once = new Uint32Array(n).fill(1);
  return { name, unit: 'AUROC', of: scores => 1 - rocArea(Float64Array.from(scores), positive)(once) };
}

/**
 * A loss of single examples, for tests that compare it example by example.
 *
 * @throws Failure `method/labels` as `lossOf`, `method/too-few`
 */
export function pairedLossOf(
  asked: 'auto' | 'squared_error' | 'log_loss',
  { labels, names }: { readonly labels: Labels; readonly names: readonly string[] },
  outputs: Float32Array,
): Loss & Required<Pick<Loss, 'each'>> {
  const classes = labels.every(label => label === 0 || label === 1);
  const chosen = asked === 'auto' ? (classes ? 'log_loss' : 'squared_error') : asked;
  const loss = lossOf(chosen, labels, names, outputs);
  const { each } = loss;
  if (each === undefined || outputs.length < 2)
    throw new Failure('method/too-few', `${outputs.length} example(s) are too few for a test`, {
      remedy: 'Explain hundreds of examples.',
    });
  return { ...loss, each };
}

function suitable(labels: Labels): Loss['name'] {
  if (labels.every(label => label === undefined)) return 'output_change';
  return labels.every(label => label === 0 || label === 1) ? 'auroc' : 'squared_error';
}

function numbersOf(labels: Labels, names: readonly string[], name: string): Float64Array {
  return Float64Array.from(labels, (label, example) => {
    if (label !== undefined) return label;
    throw new Failure('method/labels', `\`loss: ${name}\` needs a label for every example`, {
      place: `example "${names[example]}"`,
      remedy: 'Give labels with the data, or use `loss: output_change`, which needs none.',
    });
  });
}

function classesOf(labels: Float64Array, names: readonly string[], name: string): Uint8Array {
  const other = labels.findIndex(label => label !== 0 && label !== 1);
  if (other >= 0)
    throw new Failure('method/labels', `\`loss: ${name}\` needs the labels 0 and 1, found ${labels[other]!}`, {
      place: `example "${names[other]}"`,
      remedy: 'Use `loss: squared_error` for measured values.',
    });
  const positive = Uint8Array.from(labels);
  if (name === 'auroc' && (!positive.includes(0) || !positive.includes(1)))
    throw new Failure('method/labels', `all examples have the label ${labels[0]!}, so there is no AUROC`, {
      remedy: 'Explain data with both classes, or use `loss: log_loss` or `output_change`.',
    });
  return positive;
}
