/** What hints say of results that are not there yet, from the text and from headers. */
import { assert, expect, test } from 'vitest';
import { buildExperiment } from '../../server/src/language/build-experiment.js';
import { KnownShapes, shapesOf } from '../../server/src/lsp/shapes.js';
import type { KnownHeader } from '../../server/src/lsp/shapes.js';
import { open, PRELUDE } from '../language/memory.js';

const EXPERIMENT = `${PRELUDE}
data made  = simulate_motifs(["TGASTCA"], sequences: 300, length: 80, seed: 1)
data few   = peaks | sample(40, seed: 1)
data again = few | permute_labels(seed: 1)
data right = peaks | only_correct(target: binding)
attribution raw  = saliency of binding on few
attribution grad = raw | simplex_correction
attribution all  = saliency of binding on right
metric level = prediction_summary of binding on few
metric angle = simplex_angle of raw
expect angle.over_45 < 50%
network  small = layers([dense(1)])
ensemble nets  = train(small, members: 3, seed: 1) on made
target   logits = logit of nets
benchmark table = compare(methods: [saliency, input_x_gradient], corrections: [none, simplex_correction], metrics: [complexity]) of binding, logits on few
`;

const read: KnownHeader = ({ call }, folder) =>
  call === 'fasta' && folder === '/w'
    ? { is: 'data', examples: 12_000, complete: true, alphabet: 'dna', length: [100, 100], notes: [] }
    : undefined;

async function words(header: KnownHeader): Promise<Record<string, string>> {
  const { workspace, document } = await open(EXPERIMENT);
  const experiment = (await buildExperiment(document, workspace.xome))!;
  return Object.fromEntries([...shapesOf(experiment, header)].map(([name, shape]) => [name, shape.words]));
}

test('the text alone', async () => {
  expect(await words(() => undefined)).toEqual({
    made: '300 × 80 nt',
    few: '40 × ? nt',
    again: '40 × ? nt',
    raw: 'gradient, 40 × ? × 4',
    grad: 'gradient, 40 × ? × 4',
    all: 'gradient',
    level: 'mean: logit',
    angle: 'over_45: share, lower is better',
    nets: '3 networks, 20 epochs',
    table: '8 combinations × 1 metric',
  });
});

test('with the header of the file', async () => {
  expect(await words(read)).toMatchObject({
    peaks: '12\u202f000 × 100 nt',
    few: '40 × 100 nt',
    right: '? × 100 nt',
    grad: 'gradient, 40 × 100 × 4',
    all: 'gradient, ? × 100 × 4',
  });
});

test('are told once, and again when more is known of a file', async () => {
  const { workspace, document } = await open(EXPERIMENT);
  const experiment = (await buildExperiment(document, workspace.xome))!;
  const known = new KnownShapes();
  const first = known.of(experiment);
  expect(known.of(experiment)).toBe(first);
  expect(first.get('peaks')).toBeUndefined();
  let asked: Parameters<KnownHeader> | undefined;
  shapesOf(experiment, (...header) => void (asked = header));
  assert(asked);
  const description = read(...asked);
  assert(description);
  known.learn(...asked, description);
  const second = known.of(experiment);
  expect(second.get('few')?.words).toBe('40 × 100 nt');
  known.learn(...asked, description);
  expect(known.of(experiment)).toBe(second);
});

test('a file that was not read to its end does not say how many there are', async () => {
  const header: KnownHeader = (...call) => {
    const found = read(...call);
    return found?.is === 'data' ? { ...found, complete: false, length: [80, 100] } : undefined;
  };
  expect(await words(header)).toMatchObject({ peaks: '? × 80–100 nt', few: '40 × 80–100 nt' });
});
