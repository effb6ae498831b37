/** Activations written in simpler ones. Source: ONNX operator specification. */
import { textAttribute } from '../../graph/graph.js';
import type { Composite, Expansion } from './expansion.js';

const activation = (
  name: string,
  parts: readonly string[],
  make: (expansion: Expansion, x: string) => string,
): Composite => ({ name, parts, expand: expansion => [make(expansion, expansion.input(0))] });

/** x · Φ(x), exactly or by its tanh approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415). */
const gelu = activation('Gelu', ['Mul', 'Add', 'Erf', 'Tanh'], (e, x) => {
  const times = (a: string, b: string | number): string => e.add('Mul', [a, typeof b === 'number' ? e.scalar(b) : b]);
  const tanh = textAttribute(e.node, 'approximate', 'none') === 'tanh';
  const cubed = (): string => e.add('Add', [x, times(times(x, times(x, x)), 0.044715)]);
  const inner = tanh ? e.add('Tanh', [times(cubed(), Math.sqrt(2 / Math.PI))]) : e.add('Erf', [times(x, Math.SQRT1_2)]);
  return times(times(x, 0.5), e.add('Add', [inner, e.scalar(1)]));
});

export const ACTIVATIONS: readonly Composite[] = [
  gelu,
  activation('HardSwish', ['HardSigmoid', 'Mul'], (e, x) =>
    e.add('Mul', [x, e.add('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 })]),
  ),
  activation('Mish', ['Softplus', 'Tanh', 'Mul'], (e, x) => e.add('Mul', [x, e.add('Tanh', [e.add('Softplus', [x])])])),
  activation('Swish', ['Mul', 'Sigmoid'], (e, x) => {
    const alpha = e.number('alpha', 1);
    return e.add('Mul', [x, e.add('Sigmoid', [alpha === 1 ? x : e.add('Mul', [x, e.scalar(alpha)])])]);
  }),
  /** x where positive, α (exp(x / α) − 1) elsewhere. */
  activation('Celu', ['Div', 'Elu', 'Mul'], (e, x) => {
    const alpha = e.scalar(e.number('alpha', 1));
    return e.add('Mul', [e.add('Elu', [e.add('Div', [x, alpha])], { alpha: 1 }), alpha]);
  }),
  activation('ThresholdedRelu', ['Greater', 'Where'], (e, x) =>
    e.add('Where', [e.add('Greater', [x, e.scalar(e.number('alpha', 1))]), x, e.scalar(0)]),
  ),
  /** x − bias above λ, x + bias below −λ, 0 between. */
  activation('Shrink', ['Greater', 'Less', 'Sub', 'Add', 'Where'], (e, x) => {
    const [lambda, bias] = [e.number('lambd', 0.5), e.scalar(e.number('bias', 0))];
    const below = e.add('Where', [e.add('Less', [x, e.scalar(-lambda)]), e.add('Add', [x, bias]), e.scalar(0)]);
    return e.add('Where', [e.add('Greater', [x, e.scalar(lambda)]), e.add('Sub', [x, bias]), below]);
  }),
];
