/**
 * Snapshots as real runs give them: seeded numbers, a planted motif, names of awkward length, every kind of outcome.
 */
import type { Snapshot } from '../../server/src/protocol.js';
import type { Arrays } from '../../webview/src/arrays.js';

export interface Fixture {
  readonly snapshot: Snapshot;
  readonly arrays: Arrays;
}

const MOTIF = 'CCACCAGGGGGCGCTAT';

/** Uniform numbers in [0, 1) from a seed (mulberry32): fixtures must be the same in every run. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const key = (digit: string): string => digit.repeat(64);

/** Three maps of one data set, four metrics, five expectations. */
export function fixture(rows: number, length: number): Fixture {
  const random = uniform(rows * 7919 + length);
  const normal = (): number => random() + random() + random() + random() - 2;
  const letters = Uint8Array.from({ length: rows * length }, () => (random() < 0.004 ? 4 : Math.floor(random() * 4)));
  const predictions = new Float32Array(rows);
  const labels: number[] = [];
  const scores = ['ig', 'grad', 'ism'].map(() => new Float32Array(rows * length));
  for (let row = 0; row < rows; row++) {
    const positive = random() < 0.8;
    labels.push(positive ? 1 : 0);
    predictions[row] = positive ? 2 + 8 * random() : -3 + 3 * random();
    const place = Math.floor((0.3 + 0.4 * random()) * (length - MOTIF.length));
    for (let position = 0; position < length; position++) {
      const inside = position - place;
      const base = 'ACGT'.indexOf(MOTIF[inside] ?? '-');
      if (positive && base >= 0) letters[row * length + position] = base;
      const signal = positive && base >= 0 ? 0.25 + 0.7 * Math.sin(((inside + 1) / (MOTIF.length + 1)) * Math.PI) : 0;
      const common = 0.12 * normal() + signal * (0.6 + 0.5 * random());
      scores.forEach((map, index) => (map[row * length + position] = common + 0.05 * (index + 1) * normal()));
    }
  }
  const names = Array.from({ length: rows }, (_, row) =>
    row === 2 % rows
      ? 'ENSG00000102974.17|ENST00000264010.10|CTCF-201|chr16:67562407-67639185(+)|a_header_that_nobody_shortened'
      : `chr${1 + Math.floor(random() * 22)}:${Math.floor(1e6 + random() * 1e8)}`,
  );
  const [ig, grad, ism] = scores;
  const map = (name: string, digit: string, kind: Snapshot['maps'][number]['kind'], written: string) => ({
    name,
    key: key(digit),
    kind,
    written,
    data: key('d'),
    unit: 'logit',
    scores: `${name}.scores`,
    predictions: 'predictions',
    seconds: 1.3,
    notes: [],
  });
  const bins = 36;
  const counts = Array.from({ length: bins }, (_, bin) =>
    Math.round(4000 * Math.exp(-(((bin - 15) / 8) ** 2)) * (0.9 + 0.2 * random())),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cosines = Array.from({ length: bins }, (_, bin) => Math.cos((((bin + 0.5) * 5 - 90) * Math.PI) / 180) ** 2);
  const cosineSum = cosines.reduce((sum, value) => sum + value, 0);
  const snapshot: Snapshot = {
    version: 1,
    file: 'ctcf.xome',
    documentation: 'Which bases does the CTCF model rely on, and do three methods agree?',
    created: '2026-05-04T10:20:30.000Z',
    versions: { explainome: '0.1.0', 'onnxruntime-node': '1.30.0', node: '20.20.0' },
    source: `import "models.xome"

/// Which bases does the CTCF model rely on, and do three methods agree?
data      peaks    = fasta("ctcf.fa.gz", label: 1) | sample(${rows}, seed: 1)
reference shuffled = dinucleotide_shuffle(copies: 20, seed: 1)

attribution ig   = integrated_gradients(baseline: shuffled, steps: auto, tolerance: 1%) of binding on peaks
attribution grad = saliency of binding on peaks | simplex_correction
attribution ism  = in_silico_mutagenesis of binding on peaks

metric gap   = completeness of ig
expect gap.max < 1%
view   logo(ig, grad, ism)
`,
    data: [
      {
        name: 'peaks',
        key: key('d'),
        examples: rows,
        alphabet: 'dna',
        length,
        names,
        labels,
        letters: 'peaks.letters',
        notes: [
          {
            level: 'information',
            code: 'data/ambiguous',
            message: `${rows} examples hold letters other than A, C, G, T.`,
          },
        ],
      },
    ],
    maps: [
      map(
        'ig',
        '1',
        'contribution',
        'integrated_gradients(baseline: shuffled, steps: auto, tolerance: 1%) of binding on peaks',
      ),
      map('grad', '2', 'gradient', 'saliency of binding on peaks | simplex_correction'),
      map('ism', '3', 'effect', 'in_silico_mutagenesis of binding on peaks'),
    ],
    tables: [],
    benchmarks: [],
    metrics: [
      {
        name: 'gap',
        key: key('a'),
        written: 'completeness of ig',
        documentation: 'Do the contributions add up to what they claim to explain?',
        headline: 'max',
        statistics: [
          { name: 'max', summary: 'Largest gap of any pair.', value: 0.0086, unit: 'share', better: 'lower', n: rows },
          {
            name: 'median',
            summary: 'Median over examples of the largest gap of its pairs.',
            value: 0.0011,
            unit: 'share',
            better: 'lower',
            n: rows,
            interval: [0.0008, 0.0017],
          },
          {
            name: 'steps',
            summary: 'Most quadrature steps that any pair needed.',
            value: 2048,
            unit: 'steps',
            better: 'neither',
            n: rows,
          },
        ],
        notes: [],
      },
      {
        name: 'angle_of_raw',
        key: key('b'),
        written: 'simplex_angle of raw',
        headline: 'over_30',
        statistics: [
          {
            name: 'over_30',
            summary: 'Share of positions more than 30° off (noise: 39.1 %).',
            value: 0.37,
            unit: 'share',
            better: 'lower',
            n: rows,
            interval: [0.352, 0.388],
          },
          {
            name: 'sd',
            summary: 'Root mean square angle, mean over examples.',
            value: 31.2,
            unit: 'degrees',
            better: 'lower',
            n: rows,
            interval: [29.8, 32.9],
          },
        ],
        distribution: {
          title: 'Angle between gradient and simplex',
          unit: 'degrees',
          edges: Array.from({ length: bins + 1 }, (_, bin) => bin * 5 - 90),
          counts,
          expected: cosines.map(value => (value / cosineSum) * total),
          expectedTitle: 'isotropic random gradient',
        },
        notes: [
          {
            level: 'warning',
            code: 'GA003',
            message:
              '37 % of positions have gradients more than 30° off the simplex: read raw with care, or use | simplex_correction.',
          },
        ],
      },
      {
        name: 'agree',
        key: key('c'),
        written: 'rank_agreement(top: 10%) of ig, grad, ism',
        headline: 'median',
        statistics: [
          {
            name: 'median',
            summary: 'Median over examples of the shared top positions.',
            value: 0.83,
            unit: 'share',
            better: 'higher',
            n: rows,
            interval: [0.79, 0.86],
          },
          {
            name: 'correlation',
            summary: 'Mean over examples of the Spearman correlation.',
            value: -0.031,
            unit: 'correlation',
            better: 'higher',
            n: rows,
            interval: [-0.12, 0.06],
          },
        ],
        notes: [],
      },
      {
        name: 'planted',
        key: key('e'),
        written: 'interpretability(truth: motifs) of ig',
        headline: 'auroc',
        statistics: [
          {
            name: 'auroc',
            summary: 'Mean area under the ROC curve.',
            value: 0.912,
            unit: 'share',
            better: 'higher',
            n: 6,
            withheld: 'only 6 examples, 10 are needed',
          },
        ],
        notes: [],
      },
    ],
    expectations: [
      {
        text: 'expect gap.max < 1%',
        metric: 'gap',
        statistic: 'max',
        outcome: 'met',
        message: 'gap.max is 0.86 %.',
        confidence: 0.95,
        value: 0.0086,
        high: 0.01,
      },
      {
        text: 'expect agree.median > 0.6 at 95%',
        metric: 'agree',
        statistic: 'median',
        outcome: 'met',
        message: 'agree.median is 83 %.',
        confidence: 0.95,
        value: 0.83,
        interval: [0.79, 0.86],
        low: 0.6,
      },
      {
        text: 'expect angle_of_raw.over_30 < 20%',
        metric: 'angle_of_raw',
        statistic: 'over_30',
        outcome: 'failed',
        message:
          '37.0 % of positions are more than 30° off the simplex, expected below 20 %. Random gradients give 39.1 %: add | simplex_correction to raw.',
        confidence: 0.95,
        value: 0.37,
        interval: [0.352, 0.388],
        high: 0.2,
      },
      {
        text: 'expect agree.correlation > 0 at 99%',
        metric: 'agree',
        statistic: 'correlation',
        outcome: 'not shown',
        message: 'The 99 % interval −0.15 to 0.09 crosses 0: more examples are needed to decide.',
        confidence: 0.99,
        value: -0.031,
        interval: [-0.15, 0.09],
        low: 0,
      },
      {
        text: 'expect planted.auroc in 0.85 .. 0.99',
        metric: 'planted',
        statistic: 'auroc',
        outcome: 'met, not shown',
        message: 'planted.auroc is 91.2 %; no interval, only 6 examples.',
        confidence: 0.95,
        value: 0.912,
        low: 0.85,
        high: 0.99,
      },
      {
        text: 'expect knocked.share < 5%',
        metric: 'knocked',
        statistic: 'share',
        outcome: 'not run',
        message: 'knocked has no result.',
        confidence: 0.95,
        high: 0.05,
      },
    ],
    views: [{ call: 'logo', maps: ['ig', 'grad', 'ism'] }],
    missing: [
      {
        name: 'knocked',
        kind: 'metric',
        reason: 'Its attribution “deep” was refused: operator Erf at node /act/Erf has no DeepLIFT rule.',
      },
    ],
  };
  const arrays = new Map<string, Float32Array | Uint8Array>([
    ['peaks.letters', letters],
    ['predictions', predictions],
  ]);
  if (ig && grad && ism) arrays.set('ig.scores', ig).set('grad.scores', grad).set('ism.scores', ism);
  return { snapshot, arrays };
}

/** The same with rows of numbers in place of sequences, and results that are no maps of the input. */
export function rowsFixture(): ReturnType<typeof fixture> {
  const { snapshot, arrays } = fixture(40, 30);
  const genes = Array.from({ length: 30 }, (_, gene) => `GENE${gene + 1}`);
  const data = snapshot.data.map(({ letters: _, ...set }) => ({
    ...set,
    alphabet: 'expression' as const,
    features: genes,
  }));
  const table = { key: 'f'.repeat(64), unit: 'loss', seconds: 2, notes: [] };
  const ranks = genes.map((_, gene) => (gene % 2 === 0 ? 1 : -1) / (gene + 1));
  const importance: Snapshot['tables'][number] = {
    ...table,
    name: 'shuffled',
    form: 'importance',
    written: 'permutation_importance(repeats: 10) of cell on blood',
    axes: [{ name: 'feature', size: 30 }],
    rows: genes,
    values: 'shuffled.values',
  };
  const pairs: Snapshot['tables'][number] = {
    ...table,
    name: 'pairs',
    form: 'interaction',
    written: 'integrated_hessians(beta: 10) of cell on blood',
    unit: 'target',
    axes: [
      { name: 'example', size: 40 },
      { name: 'gene', size: 30 },
      { name: 'gene', size: 30, labels: genes },
    ],
    rows: ['cell 1', 'cell 2'],
    values: 'pairs.values',
  };
  const rules: Snapshot['tables'][number] = {
    ...table,
    name: 'rules',
    form: 'rule',
    written: 'rule_list(seed: 1) of cell on blood',
    unit: 'by field',
    axes: [
      { name: 'rule', size: 2 },
      { name: 'field', size: 6, labels: ['risk', 'low', 'high', 'examples', 'share', 'searched'] },
    ],
    rows: ['GENE1 > 2', 'otherwise'],
    values: 'rules.values',
  };
  const cell = (value: number) => ({
    key: 'f'.repeat(64),
    value,
    n: 40,
    interval: [value - 0.1, value + 0.1] as [number, number],
  });
  const combination = { target: 'cell', wrapper: 'none', correction: 'none', data: 'none' };
  const grid: Snapshot['benchmarks'][number] = {
    name: 'grid',
    key: 'f'.repeat(64),
    written: 'compare(methods: [saliency, ig], metrics: [agreement, completeness]) of cell on blood',
    notes: [],
    metrics: [
      { name: 'agreement', statistic: 'local', unit: 'share', better: 'higher' },
      { name: 'completeness', statistic: 'max', unit: 'share', better: 'lower' },
    ],
    rows: [
      { ...combination, method: 'saliency', cells: [cell(0.4), { reason: 'the map does not claim completeness' }] },
      { ...combination, method: 'ig', cells: [cell(0.7), cell(0.2)] },
    ],
  };
  const interactions = new Float32Array(2 * 900);
  interactions[900 + 3 * 30 + 4] = 0.5;
  return {
    snapshot: { ...snapshot, data, tables: [importance, pairs, rules], benchmarks: [grid] },
    arrays: new Map([
      ...arrays,
      ['shuffled.values', Float32Array.from(ranks)],
      ['pairs.values', interactions],
      ['rules.values', Float32Array.of(0.25, 0.1, 0.5, 8, 0.2, 0.3, 0.75, 0.6, 0.9, 32, 0.8, 0.7)],
    ]),
  };
}
