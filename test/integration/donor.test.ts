/** Published Keras models of splice sites (MMSplice): read from their files, and right about the bases that biology names. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stream } from '../../server/src/engine/random/philox.js';
import { expectSameMap } from '../engine/methods/close.js';
import { buildXome, Desk, REAL, removeXome, values } from './xome.js';

const TIMEOUT = 180_000;
const COUNT = 300;

/** Sequences in which N is drawn: consensus sites in random surroundings. */
function drawn(pattern: string, count: number): string[] {
  const random = new Stream(3, 'splice sites');
  return Array.from({ length: count }, () => pattern.replaceAll('N', () => 'ACGT'[random.integer(4)]!));
}

const experiment = (model: string): string => `
model  net  = ${model}
target site = logit of net
data   windows = fasta("windows.fa")
attribution ism = in_silico_mutagenesis of site on windows
`;

describe.skipIf(!existsSync(REAL))('splice-site models', () => {
  let desk: Desk;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create('', ...['donor', 'acceptor'].map(site => join(REAL, `splicing/mmsplice_${site}.h5`)));
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const write = async (text: string, sequences: readonly string[]): Promise<void> => {
    await desk.write(text);
    await writeFile(join(desk.folder, 'windows.fa'), sequences.map((s, i) => `>${i}\n${s}\n`).join(''));
  };

  /** Share of the examples whose largest scores are at these positions. */
  function share(scores: Float32Array | Float64Array, length: number, expected: readonly number[]): number {
    let hits = 0;
    for (let row = 0; row < scores.length / length; row++) {
      const own = scores.slice(row * length, (row + 1) * length);
      const order = [...own.keys()].sort((a, b) => own[b]! - own[a]!);
      if (expected.every(at => order.slice(0, expected.length).includes(at))) hits++;
    }
    return hits / (scores.length / length);
  }

  // Five bases of the exon, then the intron, which begins with GT.
  const DONOR = 'NNCAGGTAAGTNNNNNNN';
  const donor = experiment('keras("mmsplice_donor.h5", input: dna(18))');

  it('the donor model gives the same numbers with both backends', { timeout: TIMEOUT }, async () => {
    await write(donor, drawn(DONOR, 10));
    const native = await desk.run();
    const reference = await desk.run({ more: ['--backend', 'reference'] });
    expectSameMap(await values(native, 'ism', 'predictions'), await values(reference, 'ism', 'predictions'), 1e-5);
    expectSameMap(await values(native, 'ism'), await values(reference, 'ism'), 1e-5);
  });

  it('the donor model loses most where the intron loses its GT', { timeout: TIMEOUT }, async () => {
    await write(donor, drawn(DONOR, COUNT));
    const scores = await values(await desk.run(), 'ism', 'scores');
    const found = share(scores, 18, [5, 6]);
    console.log(`GT are the two largest effects in ${(100 * found).toFixed(1)} % of ${COUNT} donor sites`);
    expect(found).toBeGreaterThanOrEqual(0.95);
  });

  // Fifty bases of the intron, with a polypyrimidine tract and AG at its end, then the exon.
  const ACCEPTOR = `${'N'.repeat(30)}${'T'.repeat(16)}NCAGGNN`;

  it('the acceptor model needs to be told what its own layer class is', { timeout: TIMEOUT }, async () => {
    await write(experiment('keras("mmsplice_acceptor.h5", input: dna(53))'), drawn(ACCEPTOR, 2));
    const { code, err } = await desk.xome('check', 'a.xome');
    expect(code).toBe(2);
    expect(err).toMatch(/^a\.xome:2:\d+: error .*layer class ConvDNA is not supported.*\n.*custom_layers/m);
  });

  it('the acceptor model loses most where the intron loses its AG', { timeout: TIMEOUT }, async () => {
    const model = 'keras("mmsplice_acceptor.h5", input: dna(53), custom_layers: { ConvDNA: conv1d })';
    await write(experiment(model), drawn(ACCEPTOR, COUNT));
    const scores = await values(await desk.run(), 'ism', 'scores');
    const found = share(scores, 53, [48, 49]);
    console.log(`AG are the two largest effects in ${(100 * found).toFixed(1)} % of ${COUNT} acceptor sites`);
    expect(found).toBeGreaterThanOrEqual(0.95);
  });
});
