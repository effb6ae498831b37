/**
 * What operators are to rules that redistribute a prediction: a rule is stated for a family, and an operator of no family is
 * refused by name. Composite operators do not occur here: they are written in these before any rule sees them.
 */

/**
 * `linear`: sums, and everything that only rearranges. `elementwise`: y = f(x) for each element. `product`: linear in each of
 * two values, of which one is mostly constant. `choice`: Where. `norm`: a function of a
 * sum over elements of a function of each.
 */
export type Family =
  'linear' | 'elementwise' | 'product' | 'quotient' | 'maximum' | 'minimum' | 'choice' | 'softmax' | 'norm';

/** The operators of each family. */
export const MEMBERS: Readonly<Record<Family, readonly string[]>> = {
  linear: [
    ...['Identity', 'Dropout', 'Neg', 'Add', 'Sub', 'Sum', 'Mean', 'Cast', 'BatchNormalization'],
    ...['AveragePool', 'GlobalAveragePool', 'ReduceSum', 'ReduceMean', 'CumSum'],
    ...['Concat', 'Slice', 'Split', 'Pad', 'Gather', 'Expand'],
    ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose'],
  ],
  elementwise: [
    ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'PRelu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Softsign'],
    ...['Exp', 'Log', 'Sqrt', 'Abs', 'Reciprocal', 'Erf', 'Sin', 'Cos', 'Asin', 'Clip', 'Pow'],
  ],
  product: ['Mul', 'MatMul', 'Gemm', 'Conv', 'ConvTranspose'],
  quotient: ['Div'],
  maximum: ['MaxPool', 'GlobalMaxPool', 'ReduceMax', 'Max'],
  minimum: ['ReduceMin', 'Min'],
  choice: ['Where'],
  softmax: ['Softmax', 'LogSoftmax'],
  norm: ['ReduceL1', 'ReduceL2', 'ReduceSumSquare', 'ReduceLogSumExp'],
};

const FAMILIES: ReadonlyMap<string, Family> = new Map(
  (Object.entries(MEMBERS) as [Family, readonly string[]][]).flatMap(([family, operators]) =>
    operators.map(operator => [operator, family] as const),
  ),
);

export const familyOf = (operator: string): Family | undefined => FAMILIES.get(operator);
