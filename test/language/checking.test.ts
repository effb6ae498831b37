/** What the checker finds, by code and marked text. */
import { describe, expect, test } from 'vitest';
import type { ProblemData } from '../../server/src/language/problems.js';
import { findings, open, PRELUDE } from './memory.js';

const MAPS = `${PRELUDE}
method path = integrated_gradients(uniform)
attribution raw = saliency of binding on peaks
attribution grad = raw | simplex_correction
attribution ig = path of binding on peaks
data other = fasta("other.fa.gz")
attribution far = saliency of binding on other
`;

/** [what, lines after the prelude, expected findings] */
type Case = readonly [what: string, text: string, found: readonly string[]];

function check(prelude: string, cases: readonly Case[]): void {
  test.each(cases)('%s', async (_what, text, found) => {
    const { document } = await open(prelude + text);
    expect(findings(document)).toEqual(found);
  });
}

describe('a sound experiment', () => {
  check(MAPS, [
    ['has no findings', 'metric gap = completeness of ig\nexpect gap.max < 1%\nview logo(ig, grad)', []],
    [
      'may ask a metric of a target',
      'metric level = prediction_summary of binding on peaks\nexpect level in -2..2.5',
      [],
    ],
    [
      'may use a name of the catalog where it cannot be mistaken',
      'method train = saliency\ntarget fasta = logit of ctcf',
      [],
    ],
    ['may use keyword values as names', 'data train = peaks | split(train, seed: 1)\ndata auto = train | take(3)', []],
    ['may use kinds as parameter names', 'data good = peaks | only_correct(target: binding)', []],
    ['may pass a wrapper stage by position', 'data both = peaks | concat(other) | take(10, from: 2)', []],
    [
      'may say what a class of the file is, by a word or a text',
      'model m = keras("weights.h5", input: dna(9), custom_layers: { ConvDNA: conv1d, Pool: "MaxPooling2D" })',
      [],
    ],
    [
      'may declare a network and give it to a model',
      'network net = layers([conv1d(8, 5, activation: relu), residual([relu]), flatten, dense(1)])\nmodel m = keras("weights.h5", input: dna(9), network: net)\nmodel n = keras("weights.h5", input: dna(9), network: layers([dense(1)]))',
      [],
    ],
    [
      'may wrap every method of a benchmark',
      'benchmark b = compare(methods: [saliency, path], wrappers: [none, smooth_grad_squared(samples: 5, seed: 1)], metrics: [simplex_angle]) of binding on peaks',
      [],
    ],
    [
      'may compare with words, GC content, another class or a file',
      'reference words = kmer_shuffle(3, seed: 1)\nreference alike = gc_matched(of: other, tolerance: 5%, seed: 1)\n' +
        'reference unlike = another_class(class: 0, copies: 3, seed: 1)\nreference given = from_file("other.fa.gz")\n' +
        'benchmark b = compare(methods: [integrated_gradients(words), integrated_gradients(alike), deep_lift(unlike), deep_lift(given)], metrics: [completeness]) of binding on peaks',
      [],
    ],
    ['converts units', 'model wide = onnx("ctcf.onnx", dna(2 kb))', []],
    [
      'may compare maps of one set under two names',
      'data same = peaks\nattribution again = saliency of binding on same\nmetric m = rank_agreement of again, raw',
      [],
    ],
  ]);
});

describe('names', () => {
  check(MAPS, [
    ['unknown stage', 'data x = peaks | sampel(5, seed: 1)', ['name/unknown: sampel']],
    ['unknown keyword', 'data x = fasta("peaks.fa", ambiguous: unifrm)', ['name/unknown: unifrm']],
    ['unknown metric', 'expect gap < 1%', ['name/unknown: gap']],
    ['declared twice', 'data peaks = fasta("peaks.fa")', ['declaration/duplicate: peaks']],
    ['a catalog name', 'data sample = fasta("peaks.fa")', ['declaration/catalog-name: sample']],
    ['a circle', 'data a = b\ndata b = a', ['declaration/cycle: a', 'declaration/cycle: b']],
    ['a declared name called', 'data a = peaks(3)', ['call/not-callable: peaks(3)']],
    ['catalog lines', 'catalog method mine', ['catalog/not-here: catalog method mine']],
  ]);

  test('the nearest name that fits is proposed, not the nearest of all', async () => {
    const { document } = await open(`${MAPS}attribution x = path of bindin on peak`);
    expect(document.diagnostics?.map(({ message }) => message.split('\n')[1])).toEqual([
      'Did you mean `binding`?',
      'Did you mean `peaks`?',
    ]);
  });
});

describe('parameters', () => {
  check(MAPS, [
    ['missing', 'data x = peaks | sample(5)', ['parameter/missing: sample']],
    ['unknown', 'data x = peaks | take(size: 5, form: 2)', ['parameter/unknown: form']],
    ['given twice', 'data x = peaks | take(5, size: 6)', ['parameter/duplicate: size']],
    ['one too many', 'data x = peaks | take(5, 0, 7)', ['parameter/too-many: 7']],
    ['without name after a named one', 'data x = peaks | take(size: 5, 0)', ['parameter/order: 0']],
    ['fraction for a count', 'data x = peaks | take(1.5)', ['value/range: 1.5']],
    ['out of range', 'data x = peaks | take(0)', ['value/range: 0']],
    ['a text for a number', 'data x = peaks | take("5")', ['type/mismatch: "5"']],
    ['a bare share', 'method m = integrated_gradients(zeros, tolerance: 0.01)', ['unit/percent-missing: 0.01']],
    ['a percentage for a count', 'data x = peaks | take(5%)', ['unit/unknown: %']],
    ['a unit of another dimension', 'model m = onnx("ctcf.onnx", dna(2 min))', ['unit/unknown: min']],
    ['either form wrong', 'target t = class([1]) of ctcf', ['type/mismatch: [1]']],
    ['a list element wrong', 'model m = onnx("ctcf.onnx", dna(100), classes: ["a", 2])', ['type/mismatch: 2']],
    ['a layer that does not exist', 'network n = layers([dens(1)])', ['name/unknown: dens']],
    ['something else for a layer', 'network n = layers([saliency])', ['type/category: saliency']],
    ['a layer for a network', 'network n = dense(1)', ['type/category: dense']],
    ['a model for a network', 'model m = keras("weights.h5", network: ctcf)', ['type/kind: ctcf']],
    ['a wrong keyword', 'method m = integrated_gradients(zeros, rule: auto)', ['type/mismatch: auto']],
    ['a wrong category', 'method m = integrated_gradients(saliency)', ['type/category: saliency']],
    [
      'a call where a name is due',
      'attribution a = saliency of binding on fasta("peaks.fa")',
      ['type/not-declared: fasta'],
    ],
    ['a missing file', 'data x = fasta("none.fa")', ['file/missing: "none.fa"']],
    [
      'a Zarr store that is there, and one that is not',
      'data x = anndata("cells.zarr")\ndata y = anndata("no.zarr")',
      ['file/missing: "no.zarr"'],
    ],
    [
      'a folder',
      'model m = onnx("models/deep.onnx", dna(100))\nmodel n = onnx("models", dna(100))',
      ['file/extension: "models"'],
    ],
    [
      'a record key twice',
      'model m = keras("weights.h5", dna(100), custom_layers: { A: "B", A: "C" })',
      ['value/duplicate-key: A'],
    ],
  ]);
});

describe('clauses', () => {
  check(MAPS, [
    ['a target without model', 'target t = logit', ['clause/missing-of: logit']],
    ['an attribution without data', 'attribution a = saliency of binding', ['clause/missing-on: saliency']],
    ['an attribution of a model', 'attribution a = saliency of ctcf on peaks', ['type/model-without-target: ctcf']],
    [
      'an attribution of two targets',
      'attribution a = saliency of binding, binding on peaks',
      ['clause/too-many-subjects: binding'],
    ],
    ['a named map with `of`', 'attribution a = raw of binding', ['clause/unexpected-of: binding']],
    ['a metric with `on` that takes none', 'metric m = simplex_angle of raw on peaks', ['clause/unexpected-on: peaks']],
    [
      'a metric without the data it needs',
      'metric m = prediction_summary of binding',
      ['clause/missing-on: prediction_summary'],
    ],
    ['a stage on a model', 'model m = onnx("ctcf.onnx", dna(100)) | take(3)', ['clause/unexpected-stage: take(3)']],
    ['an ensemble of no training', 'ensemble n = zeros on peaks', ['type/category: zeros']],
    [
      'an ensemble without data',
      'ensemble n = train(layers([dense(1)]), seed: 1)',
      ['clause/missing-on: train(layers([dense(1)]), seed: 1)'],
    ],
    ['an export', 'export logo(raw)', ['type/category: logo']],
    ['a view of data', 'view logo(peaks)', ['type/kind: peaks']],
  ]);
});

describe('maps', () => {
  check(MAPS, [
    ['a correction of a contribution', 'attribution a = ig | simplex_correction', ['map/refused: simplex_correction']],
    ['hypothetical of a gradient', 'attribution a = raw | hypothetical', ['map/refused: hypothetical']],
    [
      'a correction of what another made',
      'attribution a = ig | hypothetical | hypothetical',
      ['map/refused: hypothetical'],
    ],
    [
      'hypothetical of a contribution without multipliers',
      'attribution a = input_x_gradient of binding on peaks | hypothetical',
      ['map/refused: hypothetical'],
    ],
    [
      'hypothetical behind another stage',
      'attribution n = ig | normalise(by: l1)\nattribution a = n | hypothetical',
      ['map/refused: hypothetical'],
    ],
    [
      'the product of an input and a contribution',
      'attribution a = ig | multiply_by_input',
      ['map/refused: multiply_by_input'],
    ],
    ['products and scales in a row', 'attribution a = raw | simplex_correction | multiply_by_input | normalise', []],
    ['a metric of another map', 'metric m = simplex_angle of ig', ['map/wrong: ig']],
    ['completeness not claimed', 'metric m = completeness of raw', ['map/not-complete: raw']],
    [
      'completeness after a correction',
      'attribution h = ig | hypothetical\nmetric m = completeness of h',
      ['map/not-complete: h'],
    ],
    ['too few subjects', 'metric m = rank_agreement of raw', ['metric/too-few-subjects: raw']],
    ['too many subjects', 'metric m = completeness of ig, ig', ['metric/too-many-subjects: ig']],
    ['maps of different data', 'metric m = rank_agreement of raw, far', ['metric/different-data: far']],
    [
      'the truth of other data',
      'truth t = planted_motifs of other\nmetric m = interpretability(t) of raw',
      ['metric/truth-of-other-data: t'],
    ],
    ['the truth of the data', 'truth t = planted_motifs of peaks\nmetric m = interpretability(t) of raw', []],
  ]);

  test('the refusal of a correction is the remedy', async () => {
    const { document } = await open(`${MAPS}attribution a = ig | simplex_correction`);
    expect(document.diagnostics?.[0]?.message).toContain('would break completeness');
  });

  test('a stage at the head is told where it belongs', async () => {
    const { document } = await open(`${MAPS}data all = concat(peaks)`);
    expect(document.diagnostics?.[0]?.message).toContain('`name | concat…`');
  });
});

describe('lengths', () => {
  const simulated = 'data long = simulate_motifs(["TGASTCA"], length: 200, seed: 1)\n';
  check(PRELUDE, [
    [
      'simulated sequences that do not fit',
      `${simulated}attribution a = saliency of binding on long`,
      ['data/length: long'],
    ],
    [
      'the default length fits',
      'data s = simulate_motifs(["TGASTCA"], seed: 1)\nattribution a = saliency of binding on s',
      [],
    ],
    [
      'a stage that asks the model',
      `${simulated}data x = long | only_correct(binding)`,
      ['data/length: only_correct(binding)'],
    ],
  ]);
});

describe('expectations', () => {
  const metrics = `${MAPS}metric agree = rank_agreement of raw, ig\nmetric level = prediction_summary of binding on peaks\n`;
  check(metrics, [
    ['of something else', 'expect raw < 1%', ['type/kind: raw']],
    ['unknown statistic', 'expect agree.medain > 60%', ['expect/unknown-statistic: medain']],
    ['a fraction of a share gets a hint', 'expect agree.median > 0.6', ['unit/percent: 0.6']],
    ['a bare 1 is ambiguous', 'expect agree.median < 1', ['unit/percent-missing: 1']],
    ['zero is zero', 'expect agree.median in 0..35%', []],
    ['a percentage of a correlation', 'expect agree.correlation > 60%', ['unit/unknown: %']],
    ['a bare confidence', 'expect agree > 60% at 0.95', ['unit/percent-missing: 0.95']],
    ['a certain confidence', 'expect agree > 60% at 100%', ['value/range: 100%']],
    ['confidence of an extreme', 'expect agree.min > 60% at 95%', ['expect/no-interval: 95%']],
    ['an empty range', 'expect level in 2..1', ['expect/empty-range: 2']],
    ['a stray word after the bound', 'expect level < 1\nfoo', ['unit/unknown: foo']],
  ]);
});

describe('syntax', () => {
  check(PRELUDE, [
    ['a misspelt kind', 'dta x = peaks', ['syntax/statement: dta']],
    ['a missing value', 'data x =', ['syntax/name: ']],
    ['a word of the language as name', 'data of = peaks', ['syntax/name: of']],
    [
      'an open text',
      'data x = fasta("peaks.fa)\ndata y = peaks | take(0)',
      ['syntax/character: "', 'type/mismatch: peaks', 'value/range: 0'],
    ],
  ]);
});

describe('a name of elsewhere is told by its meaning', () => {
  test.each([
    ['data x = vcf("a.vcf")', 'variants'],
    ['data x = bed("peaks.bed")', 'intervals'],
    ['data x = h5ad("cells.h5ad")', 'anndata'],
    ['data x = tenx("matrix.h5")', 'cell_ranger'],
    ['data x = csv("table.csv")', 'table'],
    ['data x = peaks | head(3)', 'take'],
    ['data x = peaks | normalise', 'standardise'],
    ['model m = torch("weights.pt", dna(9))', 'pytorch'],
    ['target t = probability of ctcf', 'output'],
    ['method m = DeepLiftShap(zeros)', 'deep_lift'],
    ['method m = GradientShap(zeros)', 'expected_gradients'],
    ['method m = ism', 'in_silico_mutagenesis'],
    ['method m = integrated_gradients(blank)', 'zeros'],
    ['method m = integrated_gradients(zeros, n_steps: 50)', 'steps'],
    ['method m = integrated_gradients(baselines: zeros)', 'baseline'],
    ['method m = inputXGradient', 'input_x_gradient'],
    ['metric m = convergence_delta of a', 'completeness'],
    ['network n = layers([linear(1)])', 'dense'],
  ])('%s', async (line, meant) => {
    const { document } = await open(PRELUDE + line);
    const data = (document.diagnostics ?? []).map(diagnostic => diagnostic.data as ProblemData | undefined);
    expect(data.map(problem => problem?.replacement)).toContain(meant);
    expect(data.find(problem => problem?.replacement === meant)?.remedy).toContain(`Did you mean \`${meant}\`?`);
  });
});
