/**
 * Einsum as transpositions, sums and matrix products, operand by operand from the left. Source: ONNX Einsum-12, whose
 * equations are NumPy's without repeated letters within one operand.
 */
import { sizeOf, textAttribute } from '../../graph/graph.js';
import { ShapeError } from '../../ops/operator.js';
import type { Composite, Expansion } from './expansion.js';

/** A value with one letter per axis. Axes of an ellipsis have the letters 0, 1 … counted from the last. */
interface Term {
  readonly value: string;
  readonly letters: readonly string[];
}

const LETTER = /^[A-Za-z]$/;

function lettersOf(e: Expansion, text: string, rank: number): string[] {
  const [head = '', tail] = text.split('...');
  const written = [...head, ...(tail ?? '')];
  const free = rank - written.length;
  if (!written.every(letter => LETTER.test(letter)) || free < 0 || (tail === undefined && free > 0))
    throw new ShapeError(`Einsum: "${text}" does not fit a value of rank ${rank}`);
  const ellipsis = Array.from({ length: free }, (_, i) => String(free - 1 - i));
  const letters = [...head, ...ellipsis, ...(tail ?? '')];
  if (new Set(letters).size < letters.length)
    e.refuse('with a letter twice in one operand', 'Write the diagonal as a product with a mask.');
  return letters;
}

/** Without an arrow: the ellipsis, then every letter that occurs once, in alphabetical order. */
function implicitOutput(terms: readonly Term[]): string[] {
  const all = terms.flatMap(term => term.letters);
  const numbered = [...new Set(all.filter(letter => !LETTER.test(letter)))].sort((a, b) => Number(b) - Number(a));
  const once = all.filter(letter => LETTER.test(letter) && all.indexOf(letter) === all.lastIndexOf(letter)).sort();
  return [...numbered, ...once];
}

function arrange(e: Expansion, { value, letters }: Term, order: readonly string[]): string {
  return e.transpose(
    value,
    order.map(letter => letters.indexOf(letter)),
  );
}

/** Sums over the letters that nobody asks for. */
function summed(e: Expansion, { value, letters }: Term, wanted: ReadonlySet<string>): Term {
  const axes = letters.flatMap((letter, axis) => (wanted.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { value, letters };
  const rest = letters.filter(letter => wanted.has(letter));
  return { value: e.add('ReduceSum', [value, e.integers(axes)], { keepdims: 0 }), letters: rest };
}

/** One product of matrices: letters of both that are wanted are batch axes, those that are not are summed over. */
function contract(e: Expansion, a: Term, b: Term, wanted: ReadonlySet<string>): Term {
  const left = summed(e, a, new Set([...wanted, ...b.letters]));
  const right = summed(e, b, new Set([...wanted, ...a.letters]));
  const shared = left.letters.filter(letter => right.letters.includes(letter));
  const batch = shared.filter(letter => wanted.has(letter));
  const inner = shared.filter(letter => !wanted.has(letter));
  const rows = left.letters.filter(letter => !shared.includes(letter));
  const columns = right.letters.filter(letter => !shared.includes(letter));
  const extents = (term: Term, letters: readonly string[]): number[] =>
    letters.map(letter => e.shape(term.value)[term.letters.indexOf(letter)]!);
  if (extents(left, inner).join() !== extents(right, inner).join())
    throw new ShapeError(
      `Einsum: the extents [${extents(left, inner)}] and [${extents(right, inner)}] of ${inner.join('')} differ`,
    );
  const matrix = (term: Term, order: readonly string[], first: readonly string[], second: readonly string[]): string =>
    e.reshape(arrange(e, term, order), [
      ...extents(term, batch),
      sizeOf(extents(term, first)),
      sizeOf(extents(term, second)),
    ]);
  const product = e.add('MatMul', [
    matrix(left, [...batch, ...rows, ...inner], rows, inner),
    matrix(right, [...batch, ...inner, ...columns], inner, columns),
  ]);
  const shape = [...e.shape(product).slice(0, batch.length), ...extents(left, rows), ...extents(right, columns)];
  return { value: e.reshape(product, shape), letters: [...batch, ...rows, ...columns] };
}

export const EINSUM: Composite = {
  name: 'Einsum',
  parts: ['Transpose', 'ReduceSum', 'Reshape', 'MatMul'],
  expand: e => {
    const [left = '', right] = textAttribute(e.node, 'equation', '').replaceAll(' ', '').split('->');
    const texts = left.split(',');
    if (texts.length !== e.given.length)
      throw new ShapeError(`Einsum: ${texts.length} operands in "${left}", ${e.given.length} inputs`);
    const terms = e.given.map((value, i) => ({ value, letters: lettersOf(e, texts[i]!, e.builder.rank(value)) }));
    const [head = '', tail] = (right ?? '').split('...');
    const numbered = implicitOutput(terms).filter(letter => !LETTER.test(letter));
    const output =
      right === undefined ? implicitOutput(terms) : [...head, ...(tail === undefined ? [] : numbered), ...(tail ?? '')];
    const [first, ...others] = terms;
    const result = others.reduce<Term>((term, next, i) => {
      const later = others.slice(i + 1).flatMap(other => other.letters);
      return contract(e, term, next, new Set([...output, ...later]));
    }, first!);
    return [arrange(e, summed(e, result, new Set(output)), output)];
  },
};
