/** Lints of the text: each fires where it should and not where it should not, and its fixes leave a sound text without it. */
import type { LangiumDocument } from 'langium';
import { describe, expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { findLint, LINTS } from '../../../server/src/language/lints/lints.js';
import type { Fix } from '../../../server/src/language/problems.js';
import { isProblemData } from '../../../server/src/language/problems.js';
import { findings, lints, PRELUDE, workspaceOf } from '../memory.js';

const GENES = `data all = simulate_expression(quick, seed: 1)
data train_raw = all | split(part: train, seed: 1)
data train = train_raw | standardise(by: train_raw)
data held = all | split(part: test, seed: 1) | standardise(by: train_raw)
network net = layers([dropout(10%), dense(5), softmax])
ensemble nets = train(net, members: 10, loss: cross_entropy, seed: 1) on train
target score = true_class of nets
`;

const COHORT = `data people = simulate_genotypes(people: 100, variants: 2000, seed: 1)
network net = layers([dense(1)])
ensemble nets = train(net, members: 10, loss: mean_squared, seed: 1) on people
target score = output of nets
`;

const MOTIFS = `data seqs = simulate_motifs(["TGASTCA"], seed: 1)
data train = seqs | split(part: train, seed: 1)
data held = seqs | split(part: test, seed: 1)
network net = layers([conv1d(8, 9), relu, dropout(50%), flatten, dense(1), sigmoid])
ensemble nets = train(net, members: 5, seed: 1) on train
target score = logit of nets
`;

interface Case {
  readonly prelude: string;
  readonly fires: string;
  /** What is marked, once for each finding. */
  readonly marked: readonly string[];
  readonly silent: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  GA001: {
    prelude: `${PRELUDE}attribution raw = saliency of binding on peaks\nmetric gain = simplex_angle of raw\n`,
    fires: `view logo(raw)
attribution other = smooth_grad(saliency, seed: 1) of binding on peaks
metric agree = rank_agreement of other, corrected
attribution corrected = raw | simplex_correction
benchmark b = compare(methods: [in_silico_mutagenesis, saliency], metrics: [sparseness]) of binding on peaks`,
    marked: ['raw', 'other', 'saliency'],
    silent: [
      'attribution good = raw | simplex_correction\nview logo(good)\nview logo(raw, good)',
      'attribution good = raw | simplex_correction\nmetric a = sparseness of raw\nmetric b = sparseness of good',
      'benchmark b = compare(methods: [saliency], corrections: [none, simplex_correction], metrics: [sparseness]) of binding on peaks',
    ],
  },
  GA004: {
    prelude: `${PRELUDE}reference base = uniform\n`,
    fires:
      'attribution ig = path_gradient(base) of binding on peaks\nattribution integrated_gradient = input_x_gradient of binding on peaks',
    marked: ['ig', 'integrated_gradient'],
    silent: [
      'attribution ig = integrated_gradients(base) of binding on peaks\nattribution big = saliency of binding on peaks',
      'method m = integrated_gradients(base)\nattribution ig2 = smooth_grad(m, seed: 1) of binding on peaks',
    ],
  },
  GA005: {
    prelude: PRELUDE,
    fires: 'method m = integrated_gradients(uniform, steps: 25)\nattribution a = m of binding on peaks',
    marked: ['integrated_gradients(uniform, steps: 25)'],
    silent: [
      'method m = integrated_gradients(uniform)',
      'method m = integrated_gradients(uniform, steps: 25)\nattribution a = m of binding on peaks\nmetric gap = completeness of a',
    ],
  },
  GA006: {
    prelude: PRELUDE,
    fires:
      'reference none = zeros\nattribution a = occlusion(zeros) of binding on peaks\nattribution b = deep_lift(none) of binding on peaks',
    marked: ['zeros', 'zeros'],
    silent: [
      'attribution a = occlusion(uniform) of binding on peaks',
      `${COHORT.replaceAll('score', 'trait')}attribution a = occlusion(zeros) of trait on people`,
    ],
  },
  GA007: {
    prelude: PRELUDE,
    fires:
      'attribution a = expected_gradients(uniform, seed: 1) of binding on peaks\nattribution b = expected_gradients(shuffle(copies: 2, seed: 1), seed: 1) of binding on peaks',
    marked: ['uniform', 'shuffle(copies: 2, seed: 1)'],
    silent: ['attribution a = expected_gradients(dinucleotide_shuffle(seed: 1), seed: 1) of binding on peaks'],
  },
  GA008: {
    prelude: GENES,
    fires: `target p = true_class(probability: true) of nets
target o = output(index: 2) of nets
attribution a = saliency of p on held
attribution b = saliency of o on held`,
    marked: ['probability: true', 'output(index: 2)'],
    silent: [
      'attribution a = saliency of score on held',
      'target p = true_class(probability: true) of nets\nmetric m = prediction_summary of p on held',
    ],
  },
  GA009: {
    prelude: PRELUDE,
    fires:
      'method a = smooth_grad(saliency, noise: 1%, samples: 5, seed: 1)\nmethod b = var_grad(saliency, noise: 1.0 alleles, seed: 1)',
    marked: ['noise: 1%', 'samples: 5', 'noise: 1.0 alleles'],
    silent: ['method a = smooth_grad(saliency, seed: 1)\nmethod b = smooth_grad(saliency, noise: 1 counts, seed: 1)'],
  },
  GA010: {
    prelude: PRELUDE,
    fires: 'method smooth = smooth_grad_squared(saliency, seed: 1)',
    marked: ['smooth'],
    silent: [
      'method smooth_squared = smooth_grad_squared(saliency, seed: 1)\nmethod smooth = smooth_grad(saliency, seed: 1)',
    ],
  },
  GA012: {
    prelude: `${GENES}data raw_test = all | split(part: test, seed: 1)\n`,
    fires: 'attribution a = saliency of score on raw_test',
    marked: ['raw_test'],
    silent: ['attribution a = saliency of score on held'],
  },
  GA014: {
    prelude: GENES,
    fires: 'attribution a = mean_attribution(saliency, sign: kept) of score on held',
    marked: ['mean_attribution(saliency, sign: kept)'],
    silent: ['attribution a = mean_attribution(saliency) of score on held'],
  },
  GA015: {
    prelude: `${GENES}attribution a = occlusion(mean) of score on held\nmetric found = pgi of a\n`,
    fires: 'benchmark b = compare(methods: [occlusion(mean)], metrics: [pgi, pgu]) of score on held',
    marked: ['pgi', 'pgi'],
    silent: [
      'metric lost = pgu of a\nmetric chance = pgr(seed: 1) of a',
      'benchmark b = compare(methods: [occlusion(mean)], metrics: [pgi, pgu, pgr(seed: 1)]) of score on held',
    ],
  },
  GA016: {
    prelude: `${GENES}attribution a = occlusion(mean) of score on held\n`,
    fires: 'metric found = pgi of a\nexpect found.global > 10% at 95%',
    marked: ['pgi'],
    silent: [
      'metric found = pgi(over: all) of a\nexpect found.global > 10% at 95%',
      'metric found = pgi of a\nexpect found > 10% at 95%',
    ],
  },
  GA018: {
    prelude: `${MOTIFS}ensemble one = train(net, seed: 2) on train\ntarget single = logit of one\n`,
    fires:
      'attribution a = in_silico_mutagenesis of single on held\nmetric m = sparseness of a\nexpect m > 50% at 95%\nexpect m > 40% at 95%',
    marked: ['expect m > 50% at 95%'],
    silent: [
      'attribution a = in_silico_mutagenesis of score on held\nmetric m = sparseness of a\nexpect m > 50% at 95%',
    ],
  },
  GA020: {
    prelude: `${MOTIFS}attribution a = in_silico_mutagenesis of score on held\nmetric m = sparseness of a\n`,
    fires: 'expect m > 50% at 95%',
    marked: ['expect m > 50% at 95%'],
    silent: [
      'metric c = model_randomisation(seed: 1) of a\nexpect m > 50% at 95%',
      'metric p = prediction_summary of score on held\nexpect p.auroc > 90% at 95%',
    ],
  },
  GA021: {
    prelude:
      'data people = simulate_genotypes(seed: 1)\ndata train = people | split(part: train, seed: 1) | with_decoys(seed: 2)\n',
    fires: 'data test = people | split(part: test, seed: 1) | with_decoys(seed: 2)',
    marked: ['with_decoys(seed: 2)'],
    silent: ['data test = people | split(part: test, seed: 1) | with_decoys(seed: 3)', 'data few = train | take(9)'],
  },
  GA023: {
    prelude: `${COHORT}attribution a = saliency of score on people
attribution b = input_x_gradient of score on people
metric first = composite of a, b
`,
    fires: 'attribution c = occlusion(mean) of score on people\nmetric second = composite of a, c',
    marked: ['composite', 'composite'],
    silent: ['metric again = composite of a, b', 'metric second = composite(tau: 50%) of a'],
  },
  GA024: {
    prelude: 'data people = simulate_genotypes(seed: 1)\n',
    fires: 'data planted = people | spike_in(mode: faithful, seed: 1)',
    marked: ['mode: faithful'],
    silent: ['data planted = people | spike_in(seed: 1)'],
  },
  GA028: {
    prelude: MOTIFS,
    fires: 'attribution a = in_silico_mutagenesis of score on held',
    marked: ['in_silico_mutagenesis'],
    silent: [
      'attribution a = in_silico_mutagenesis of score on held\nattribution b = occlusion(uniform) of score on held',
    ],
  },
  GA029: {
    prelude: PRELUDE,
    fires: 'attribution a = attention_maps of binding on peaks',
    marked: ['attention_maps'],
    silent: [
      'attribution a = attention_maps of binding on peaks\nattribution b = effective_attention of binding on peaks',
    ],
  },
  GA030: {
    prelude: `${GENES}network smooth = layers([graph_smoothing, dense(5), softmax])\n`,
    fires: 'data other = all | take(100)\nensemble informed = train(smooth, loss: cross_entropy, seed: 1) on other',
    marked: ['informed'],
    silent: [
      'ensemble informed = train(smooth, loss: cross_entropy, seed: 1) on train',
      `data other = all | take(100)
ensemble informed = train(smooth, loss: cross_entropy, seed: 1) on other
data null = other | permute_labels(seed: 2)
ensemble nothing = train(smooth, loss: cross_entropy, seed: 1) on null`,
    ],
  },
  GA031: {
    prelude: COHORT,
    fires:
      'attribution a = permutation_importance(repeats: 50000, seed: 1) of score on people\nattribution b = partial_dependence(["1"]) of score on people',
    marked: ['permutation_importance(repeats: 50000, seed: 1)', 'partial_dependence(["1"])'],
    silent: [
      'attribution b = ale(["1"]) of score on people',
      `${PRELUDE}attribution c = permutation_importance(seed: 1) of binding on peaks`,
    ],
  },
  GA032: {
    prelude: COHORT,
    fires: 'attribution a = conditional_permutation_importance(seed: 1) of score on people',
    marked: ['conditional_permutation_importance(seed: 1)'],
    silent: [
      'attribution a = conditional_permutation_importance(repeats: 50000, seed: 1) of score on people',
      'attribution a = conditional_permutation_importance(window: 100, seed: 1) of score on people',
      'attribution a = knockoff_importance(seed: 1) of score on people',
      'attribution a = linear_association of score on people\nmetric m = discoveries of a',
    ],
  },
  GA033: {
    prelude: PRELUDE,
    fires: 'attribution a = shapley_sampling(uniform, seed: 1) of binding on peaks',
    marked: ['a'],
    silent: ['/// The marginal game.\nattribution a = shapley_sampling(uniform, seed: 1) of binding on peaks'],
  },
  GA034: {
    prelude: PRELUDE,
    fires: 'method m = lime(uniform, repeats: 2, seed: 1)',
    marked: ['repeats: 2'],
    silent: ['method m = lime(uniform, seed: 1)'],
  },
  GA035: {
    prelude: PRELUDE,
    fires: '/// Which base drives binding, and causes it?\nattribution a = in_silico_mutagenesis of binding on peaks',
    marked: ['drives', 'causes'],
    silent: [
      '/// This does not say what drives binding.\nattribution a = in_silico_mutagenesis of binding on peaks',
      '/// What drives binding?\nmetric m = prediction_summary of binding on peaks',
      'data x = fasta("peaks.fa") // drives\nattribution a = in_silico_mutagenesis of binding on x',
    ],
  },
  GA036: {
    prelude: `${MOTIFS}attribution a = in_silico_mutagenesis of score on held\nmetric p = prediction_summary of score on held\nexpect p.auroc > 90% at 95%\n`,
    fires: '',
    marked: ['expect p.auroc > 90% at 95%'],
    silent: ['metric m = model_randomisation(seed: 1) of a\nexpect m < 0.5 at 95%'],
  },
  GA037: {
    prelude: 'data all = simulate_expression(quick, seed: 1)\ndata part = all | split(part: train, seed: 1)\n',
    fires: `data early = all | standardise | split(part: train, seed: 1)
data own = all | split(part: test, seed: 1) | standardise
data whole = all | split(part: test, seed: 1) | standardise(by: all)`,
    marked: ['standardise', 'standardise', 'standardise(by: all)'],
    silent: ['data test = all | split(part: test, seed: 1) | standardise(by: part)\ndata train = part | standardise'],
  },
  GA038: {
    prelude: `${GENES}attribution a = occlusion(mean) of score on held\nmetric kept = keep_curve(seed: 1) of a\n`,
    fires: 'expect kept.best > 90% at 95%',
    marked: ['expect kept.best > 90% at 95%'],
    silent: ['expect kept.best > 90% at 95%\nexpect kept.worst < 50% at 95%'],
  },
  GA042: {
    prelude: MOTIFS,
    fires: 'metric p = prediction_summary of score on train\nmetric q = prediction_summary of score on seqs',
    marked: ['train', 'seqs'],
    silent: ['metric p = prediction_summary of score on held'],
  },
  GA043: {
    prelude:
      'data all = simulate_motifs(["TGASTCA"], seed: 1)\ndata train = all | split(part: train, test: 30%, seed: 1)\n',
    fires: 'data test = all | split(test, seed: 2)',
    marked: ['split(test, seed: 2)'],
    silent: ['data test = all | split(test, test: 30%, seed: 1)'],
  },
  GA044: {
    prelude: `${PRELUDE}metric p = prediction_summary of binding on peaks\n`,
    fires: 'expect p.median > 0',
    marked: ['expect p.median > 0'],
    silent: ['expect p.median > 0 at 95%\nexpect p.max > 0'],
  },
  GA045: {
    prelude: `${PRELUDE}data few = peaks | take(5)\nattribution a = in_silico_mutagenesis of binding on few\nmetric m = deletion(seed: 1) of a\ndata more = peaks | take(19)\nattribution b = in_silico_mutagenesis of binding on more\nmetric n = deletion(seed: 1) of b\n`,
    fires: 'expect m.over_random > 0 at 95%\nexpect n.over_random > 0 at 95%',
    marked: ['expect m.over_random > 0 at 95%', 'expect n.over_random > 0 at 95%'],
    silent: [
      'data enough = peaks | take(20)\nattribution c = in_silico_mutagenesis of binding on enough\nmetric o = deletion(seed: 1) of c\nexpect o.over_random > 0 at 95%',
    ],
  },
  GA046: {
    prelude: PRELUDE,
    fires: 'attribution a = guided_backpropagation of binding on peaks',
    marked: ['guided_backpropagation'],
    silent: [
      'attribution a = guided_backpropagation of binding on peaks\nmetric m = model_randomisation(seed: 1) of a',
    ],
  },
  GA047: {
    prelude: MOTIFS,
    fires: 'ensemble again = train(net, members: 5, seed: 1) on train',
    marked: ['seed: 1'],
    silent: [
      'ensemble again = train(net, members: 5, seed: 2) on train',
      'ensemble again = train(net, members: 5, seed: 1) on held',
    ],
  },
  GA048: {
    prelude: PRELUDE,
    fires: 'reference r = shuffle(seed: 1)',
    marked: ['shuffle(seed: 1)'],
    silent: ['reference r = dinucleotide_shuffle(seed: 1)'],
  },
};

/** One set of services for all: the catalog is loaded once. */
const workspace = workspaceOf({});
let documents = 0;

async function check(text: string): Promise<LangiumDocument> {
  const path = `/w/lint${++documents}.xome`;
  workspace.files.set(path, text);
  return workspace.open(path);
}

const of = (code: string, found: readonly string[]): string[] =>
  found.filter(finding => finding.startsWith(`${code}: `)).map(finding => finding.slice(code.length + 2));

/** Every fix that a document's findings of a lint offer. */
function fixesOf(document: LangiumDocument, code: string): Fix[] {
  return (document.diagnostics ?? []).flatMap(diagnostic => {
    const data: unknown = diagnostic.data;
    return diagnostic.code === code && isProblemData(data) ? [...(data.fixes ?? [])] : [];
  });
}

const applied = (text: string, { edits }: Fix): string =>
  TextDocument.applyEdits(
    TextDocument.create('file:///w/main.xome', 'xome', 0, text),
    edits.map(({ range: { start, end }, newText }) => ({ range: { start, end }, newText })),
  );

describe.each(Object.entries(CASES))('%s', (code, { prelude, fires, marked, silent }) => {
  test('fires where it should', async () => {
    const document = await check(prelude + fires);
    expect(findings(document)).toEqual([]);
    expect(of(code, lints(document))).toEqual(marked);
  });

  test.each(silent.map(text => [text]))('does not fire: %s', async text => {
    const document = await check(prelude + text);
    expect(findings(document)).toEqual([]);
    expect(of(code, lints(document))).toEqual([]);
  });

  test('every fix takes its finding away and leaves a sound text', async () => {
    const text = prelude + fires;
    const document = await check(text);
    for (const fix of fixesOf(document, code)) {
      const after = await check(applied(text, fix));
      expect(findings(after), fix.title).toEqual([]);
      expect(of(code, lints(after)).length, fix.title).toBeLessThan(marked.length);
    }
  });
});

test('every lint of the text has a case, and codes are given once', () => {
  const textual = LINTS.filter(({ check }) => check !== undefined).map(({ code }) => code);
  expect(Object.keys(CASES)).toEqual(textual);
  expect(new Set(LINTS.map(({ code }) => code)).size).toBe(LINTS.length);
  expect(LINTS.every(lint => findLint(lint.code) === lint && /^GA\d{3}$/.test(lint.code))).toBe(true);
});
