/** The published networks of Majdandzic et al. 2023, of which only weights are at hand: declared in an experiment, and run. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stream } from '../../server/src/engine/random/philox.js';
import { buildXome, declaration, Desk, REAL, removeXome } from './xome.js';

const TIMEOUT = 180_000;
const NETWORKS = ['deep_relu_0', 'deep_exponential_1', 'shallow_relu_0', 'shallow_exponential_0'];

const block = (filters: number, kernel: number, activation: string, ...pools: number[]): string =>
  [
    `conv1d(${filters}, ${kernel}, padding: same), batch_norm, ${activation}, dropout(10%)`,
    ...pools.map(size => `max_pool(${size})`),
  ].join(', ');
const HEAD = 'flatten, dense(96), batch_norm, relu, dropout(50%), dense(1), sigmoid';

/** As the paper describes them, but for the first kernel of the deep ones: 11 in the published files, 19 in the text. */
function layers(name: string, first: number): string {
  const activation = name.includes('exponential') ? 'exponential' : 'relu';
  const blocks = name.startsWith('deep')
    ? [block(24, first, activation), block(32, 7, 'relu', 4), block(48, 7, 'relu', 4), block(64, 3, 'relu', 3)]
    : [block(24, 19, activation, 50), block(48, 3, 'relu', 2)];
  return `layers([${blocks.join(', ')}, ${HEAD}])`;
}

const model = (name: string, first = 11): string => `
network net_${name} = ${layers(name, first)}
model   cnn_${name} = keras("cnn_${name}.weights.h5", input: dna(200), network: net_${name})
target  t_${name}   = logit of cnn_${name}
`;

describe.skipIf(!existsSync(REAL))('networks declared for weights', () => {
  let desk: Desk;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create('', ...NETWORKS.map(name => join(REAL, `synthetic_cnn/cnn_${name}.weights.h5`)));
    const random = new Stream(5, 'declared networks');
    const background = Array.from({ length: 40 }, () =>
      Array.from({ length: 200 }, () => 'ACGT'[random.integer(4)]!).join(''),
    );
    // Consensus of SP1, GABPA, CEBPB, MAX and YY1, whose combinations the networks were trained to find.
    const motifs = ['CCCCGCCCCCC', 'ACCGGAAGTG', 'ATTGCGCAAT', 'AACACGTGGT', 'CAAGATGGCGGC'];
    const planted = background.map((sequence, n) =>
      [0, 1, 2, 3].reduce((text, k) => {
        const motif = motifs[(n + k) % motifs.length]!;
        return text.slice(0, 15 + 45 * k) + motif + text.slice(15 + 45 * k + motif.length);
      }, sequence),
    );
    const fasta = (sequences: readonly string[]): string => sequences.map((s, i) => `>${i}\n${s}\n`).join('');
    await writeFile(join(desk.folder, 'background.fa'), fasta(background));
    await writeFile(join(desk.folder, 'planted.fa'), fasta(planted));
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  it('all four tell planted motifs from their background', { timeout: TIMEOUT }, async () => {
    const sets = ['planted', 'background'];
    await desk.write(
      [
        ...sets.map(set => `data ${set} = fasta("${set}.fa")\n`),
        ...NETWORKS.map(name => model(name)),
        ...NETWORKS.flatMap(name =>
          sets.map(set => `metric ${set}_${name} = prediction_summary of t_${name} on ${set}\n`),
        ),
      ].join(''),
    );
    const document = await desk.run();
    for (const name of NETWORKS) {
      const [planted, background] = sets.map(
        set =>
          declaration(document, `${set}_${name}`).statistics?.find(statistic => statistic.name === 'median')?.value,
      );
      expect(planted, name).toBeGreaterThan(background! + 2);
    }
  });

  it('another kernel is marked before anything runs, with what is declared and found', async () => {
    await desk.write(model('deep_relu_0', 19));
    const { code, out, err } = await desk.xome('check', 'a.xome');
    expect(code).toBe(2);
    expect(`${out}${err}`).toContain(
      "The network's layer conv1d_1 declares kernel [19, 4, 24], bias [24], and the file has kernel [11, 4, 24], bias [24]",
    );
  });
});
