/** The paragraph names what ran, in order, with its parameters; every citation is used and every number is cited. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { makePlan } from '../../server/src/plan/plan.js';
import { methodsParagraph } from '../../server/src/run/methods-paragraph.js';
import { fixture } from '../webview/fixture.js';
import { example, experiment } from '../plan/fixture.js';

const hash = (path: string): string => createHash('sha256').update(path).digest('hex');

/** What the views know of the example: its maps, and one metric. */
async function paragraph(): Promise<string> {
  const plan = await makePlan(experiment(example()), {
    hashFile: path => Promise.resolve(hash(path)),
    backend: 'onnxruntime',
  });
  const { snapshot } = fixture(48, 100);
  const [ig, grad, ism] = snapshot.maps;
  const maps = [{ ...ism!, name: 'raw' }, grad!, ig!];
  const metrics = snapshot.metrics.filter(({ name }) => name === 'gap' || name === 'agree');
  return methodsParagraph(plan, { ...snapshot, maps, metrics });
}

test('everything that ran is named with its parameters, and nothing else', async () => {
  const text = await paragraph();
  expect(text).toMatch(/^Explanations were computed with Explainome 0\.1\.0 \(.*onnxruntime-node 1\.30\.0/);
  for (const part of [
    /“peaks” holds 48 examples: fasta.* \(.*ctcf\.fa\.gz .*label 1.*\), then sample \(size 500, seed 1/,
    /“raw” is saliency \[\d\] of the logit .* of the model onnx .*ctcf\.onnx \(SHA-256 [0-9a-f]{12}…\)/,
    /“grad” is “raw” after simplex correction \[\d\]\./,
    /“ig” is integrated gradients \[\d\] \(baseline dinucleotide shuffle \[\d\] \(copies 20, seed 1\), steps auto, .*tolerance 1 %/,
    /of the target of “raw”, on “peaks”\./,
    /“gap” is completeness \[\d+\] of “ig”: max 0\.86 %, n = 48\./,
    /“agree” is rank agreement \[\d+\] \(top .*\) of “grad”, “ig”: median 83 %, 95 % interval 79 % to 86 %, n = 48\./,
  ])
    expect(text.replace(/[\u00a0\u202f]/g, ' ')).toMatch(part);
  expect(text).not.toMatch(/level|undefined|[0-9a-f]{40}/);
});

test('citations are numbered in the order of the text, and each stands below', async () => {
  const [text = '', references = ''] = (await paragraph()).split('\n\n');
  const used = [...text.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number));
  const listed = references.split('\n').map(line => Number(/^\[(\d+)\] \S/.exec(line)?.[1]));
  expect([...new Set(used)]).toEqual(listed);
  expect(listed).toEqual(listed.map((_, i) => i + 1));
});
