/** Texts that nobody writes must neither throw nor take long. */
import { expect, test } from 'vitest';
import { findings, open, PRELUDE } from './memory.js';

test.each(['[', 'f(', '{a:', '(', '}'])('thousands of %s are one finding, not a crash', async bracket => {
  const { document } = await open(`data x = ${bracket.repeat(5000)}\ndata y = fasta("peaks.fa") | take(0)`);
  expect(findings(document).length).toBeGreaterThan(0);
});

test('nesting of any sensible depth is parsed', async () => {
  const { document } = await open(`data x = simulate_motifs(${'['.repeat(20)}"A"${']'.repeat(20)}, seed: 1)`);
  expect(findings(document)).toEqual([`type/mismatch: ${'['.repeat(19)}"A"${']'.repeat(19)}`]);
});

test('a chain of thousands of declarations is followed to its end', { timeout: 30_000 }, async () => {
  const links = Array.from({ length: 3000 }, (_, index) => `data d${index + 1} = d${index} | take(9)`);
  const text = `${PRELUDE}data d0 = simulate_motifs(["A"], length: 50, seed: 1)\n${links.join('\n')}\nattribution a = saliency of binding on d3000`;
  const { document } = await open(text);
  expect(findings(document)).toEqual(['data/length: d3000']);
});
