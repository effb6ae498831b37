/** Lints that the header of a model shows. */
import { expect, test } from 'vitest';
import type { ModelDescription } from '../../../server/src/protocol.js';
import { findings, lints, open } from '../memory.js';

const MODEL: ModelDescription = {
  is: 'model',
  format: 'onnx',
  inputs: [{ name: 'sequence', type: 'float32', shape: ['batch', 4, 4] }],
  outputs: [],
  operators: [],
  parameters: 0,
  activations: [],
  dna: { length: 4, layout: 'channels_first', ambiguous: true },
  notes: [],
};
const SQUASHED: ModelDescription = { ...MODEL, squashing: { operator: 'Sigmoid', node: 'last' } };

async function check(text: string, description: ModelDescription): Promise<string[]> {
  const describe = (call: { readonly call: string }) => Promise.resolve(call.call === 'onnx' ? description : undefined);
  const { document } = await open(text, {}, { describe });
  expect(findings(document)).toEqual([]);
  return lints(document);
}

const text = (input: string, target: string): string =>
  `model net = onnx("ctcf.onnx", ${input})
target score = ${target} of net
data peaks = fasta("peaks.fa")
attribution a = in_silico_mutagenesis of score on peaks`;

test('GA039: two axes of size 4, until the layout is said', async () => {
  expect(await check(text('dna(4)', 'logit'), MODEL)).toEqual(['GA039: onnx("ctcf.onnx", dna(4))']);
  expect(await check(text('dna(4), layout: channels_last', 'logit'), MODEL)).toEqual([]);
  expect(await check(`${text('dna(4)', 'logit')}\n// xome-ignore-file GA039: known`, MODEL)).toEqual([]);
});

test('GA008: the output of a model that ends in a sigmoid, where it is explained', async () => {
  const sure = 'dna(4), layout: channels_first';
  expect(await check(text(sure, 'output'), SQUASHED)).toEqual(['GA008: output']);
  expect(await check(text(sure, 'logit'), SQUASHED)).toEqual([]);
  expect(await check(text(sure, 'output'), MODEL)).toEqual([]);
  const measured = text(sure, 'output').replace(/attribution.*/, 'metric m = prediction_summary of score on peaks');
  expect(await check(measured, SQUASHED)).toEqual([]);
});
