/** Checks against the headers of files, with a reader that answers from a table. */
import { expect, test } from 'vitest';
import type { PlainCall } from '../../server/src/catalog/index.js';
import type { Description, ModelDescription } from '../../server/src/protocol.js';
import type { HeaderFault } from '../../server/src/language/headers.js';
import { findings, open, PRELUDE } from './memory.js';

const MODEL: ModelDescription = {
  is: 'model',
  format: 'onnx',
  inputs: [{ name: 'sequence', type: 'float32', shape: ['batch', 4, 100] }],
  outputs: [],
  operators: [],
  parameters: 0,
  activations: [{ operator: 'Sigmoid', node: 'last' }],
  dna: { length: 100, layout: 'channels_first', ambiguous: false },
  notes: [],
};
const data = (shortest: number, longest: number): Description => {
  return { is: 'data', examples: 3, complete: true, alphabet: 'dna', length: [shortest, longest], notes: [] };
};

async function check(text: string, answers: Record<string, Description | HeaderFault | 'fails'>) {
  const asked: [PlainCall, string][] = [];
  const { document } = await open(
    PRELUDE + text,
    {},
    {
      describe(call, folder) {
        asked.push([call, folder]);
        const answer = answers[call.call];
        return answer === 'fails' ? Promise.reject(new Error('unreadable')) : Promise.resolve(answer);
      },
    },
  );
  return { found: findings(document), asked, document };
}

const ATTRIBUTION = 'attribution a = saliency of binding on peaks\nmetric m = prediction_summary of binding on peaks';

test('what fits has no findings; calls go out with their defaults and folder', async () => {
  const { found, asked } = await check(ATTRIBUTION, { onnx: MODEL, fasta: data(100, 100) });
  expect(found).toEqual([]);
  expect(asked).toContainEqual([
    {
      call: 'onnx',
      category: 'format',
      parameters: {
        path: 'ctcf.onnx',
        input: { call: 'dna', category: 'alphabet', parameters: { length: 100 } },
        layout: 'auto',
        order: 'ACGT',
      },
    },
    '/w',
  ]);
});

test('a model whose network is declared elsewhere goes out with it', async () => {
  const text =
    'network net = layers([dense(1), relu])\nmodel own = keras("weights.h5", input: expression(3), network: net)';
  const { found, asked } = await check(text, { onnx: MODEL });
  expect(found).toEqual([]);
  const sent = asked.map(([call]) => call).find(({ call }) => call === 'keras');
  expect(sent?.parameters['network']).toEqual({
    call: 'layers',
    category: 'network',
    parameters: {
      layers: [
        { call: 'dense', category: 'layer', parameters: { units: 1, activation: 'linear', bias: true } },
        { call: 'relu', category: 'layer', parameters: {} },
      ],
    },
  });
});

test('a declared length that is not the model’s is marked, with the right one as fix', async () => {
  const { found, document } = await check('', {
    onnx: { ...MODEL, dna: { length: 249, layout: 'channels_last', ambiguous: false } },
  });
  expect(found).toEqual(['model/input-length: dna(100)']);
  expect(document.diagnostics?.[0]?.data).toMatchObject({ replacement: 'dna(249)' });
});

test('a symbolic length fits any declaration', async () => {
  const symbolic = { ...MODEL, dna: { length: 'L', layout: 'channels_last', ambiguous: false } } as const;
  expect((await check('', { onnx: symbolic })).found).toEqual([]);
});

test('a model that does not read DNA', async () => {
  const { dna: _dna, ...other } = MODEL;
  expect((await check('', { onnx: other })).found).toEqual(['model/not-dna: input: dna(100)']);
});

test('sequences of another length are marked where they meet the model', async () => {
  const { found } = await check(ATTRIBUTION, { onnx: MODEL, fasta: data(80, 120) });
  expect(found).toEqual(['data/length: peaks', 'data/length: peaks']);
});

test('an activation that the model does not have', async () => {
  const { found } = await check('target t = before(softmax) of ctcf\ntarget s = before(sigmoid) of ctcf', {
    onnx: MODEL,
  });
  expect(found).toEqual(['target/no-such-activation: before(softmax)']);
});

test('headers that cannot be read are not faults of the document', async () => {
  expect((await check(ATTRIBUTION, { onnx: 'fails' })).found).toEqual([]);
});

test('a damaged file is marked at its name, with what the engine found', async () => {
  const fault = {
    is: 'fault',
    code: 'model/damaged',
    message: 'it is cut off',
    place: '/a/b.onnx, byte 9',
    remedy: 'Copy it again.',
  } as const;
  const { found, document } = await check(ATTRIBUTION, { onnx: fault, fasta: { ...fault, code: 'data/letter' } });
  expect(found.sort()).toEqual(['data/letter: "peaks.fa"', 'model/damaged: "ctcf.onnx"']);
  expect(document.diagnostics?.[0]?.message).toMatch(/It is cut off \(b\.onnx, byte 9\)\.\nCopy it again\./);
});

test('operators that nothing can compute are named', async () => {
  const operators = [{ operator: 'FancyRelu', count: 2, known: false, gradient: 'refused' }] as const;
  const { found, document } = await check('', { onnx: { ...MODEL, operators: [...operators] } });
  expect(found).toEqual([expect.stringContaining('model/unknown-operator: onnx(')]);
  expect(document.diagnostics?.[0]?.message).toMatch(/FancyRelu \(2 ×\), which is not supported/);
});
