import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { groupsOf, type Features } from '../../../server/src/engine/methods/groups.js';

const SEQUENCE: Features = { length: 8, features: [] };
const GENES: Features = { length: 5, features: ['TP53', 'MDM2', 'HLA-A', '10-19', 'MYC'] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explainome-groups-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fromFile(text: string, features: Features, name = 'groups.tsv') {
  const path = join(folder, name);
  await writeFile(path, text);
  return groupsOf({ groups: 'hash', window: 1 }, features, { hash: path });
}

it('leaves features by themselves, or cuts them into windows', async () => {
  expect(await groupsOf({ window: 1 }, GENES, {})).toMatchObject({
    names: GENES.features,
    members: [[0], [1], [2], [3], [4]],
  });
  expect(await groupsOf({ window: 3 }, SEQUENCE, {})).toMatchObject({
    names: ['0-2', '3-5', '6-7'],
    members: [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ],
  });
});

it('takes members by number, range and name, and orders groups by their first feature', async () => {
  expect(await groupsOf({ groups: { tail: ['6-7'], odd: [1, 3] }, window: 4 }, SEQUENCE, {})).toMatchObject({
    names: ['0-2', 'odd', '4-5', 'tail'],
    members: [
      [0, 2],
      [1, 3],
      [4, 5],
      [6, 7],
    ],
  });
  const { members } = await groupsOf({ groups: { a: ['10-19', 'HLA-A'], b: [0] }, window: 1 }, GENES, {});
  expect(members).toEqual([[0], [1], [2, 3], [4]]);
});

it('reads a file and says how much of it the data lack', async () => {
  const { names, members, notes } = await fromFile('# pathways\nTP53\tp53\r\nMDM2\tp53\n\nACTB\tcytoskeleton\n', GENES);
  expect(names).toEqual(['p53', 'HLA-A', '10-19', 'MYC']);
  expect(members[0]).toEqual([0, 1]);
  expect(notes.map(note => note.message)).toEqual(['1 of the 3 features in the file of groups are not in the data.']);
});

it('reads gene sets', async () => {
  const text = 'p53\thttps://example.org\tTP53\tMDM2\nHLA\t\tHLA-A\tHLA-B\n';
  const { names, members } = await fromFile(text, GENES, 'sets.gmt');
  expect(names).toEqual(['p53', 'HLA', '10-19', 'MYC']);
  expect(members[1]).toHaveLength(1);
  await expect(fromFile('p53\tTP53\n', GENES, 'sets.gmt')).rejects.toThrow(/is not a name, a description and genes/);
});

it.each([
  ['a feature in two groups', { a: ['TP53'], b: [0] }, /TP53 is in two groups, a and b/],
  ['an unknown name', { a: ['TP54'] }, /no feature TP54, which a lists/],
  ['a number beyond the last', { a: [5] }, /no feature 5, which a lists/],
])('refuses %s by name', async (_, groups, message) => {
  await expect(groupsOf({ groups, window: 1 }, GENES, {})).rejects.toThrow(message);
});

it.each([
  ['a line without a tab', 'TP53 p53\n', /is not a feature, a tab and a group/],
  ['a file that fits other data', 'ENSG1\tp53\n', /none of its 1 features is a feature of the data/],
  ['a feature in two groups', 'MYC\ta\nMYC\tb\n', /MYC is in two groups, a and b/],
])('refuses in a file %s', async (_, text, message) => {
  await expect(fromFile(text, GENES)).rejects.toThrow(message);
});
