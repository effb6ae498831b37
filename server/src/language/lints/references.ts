/** Lints of references and of the noise around examples: what an example is compared with. */
import type { Reading, Called, Explanation } from './reading.js';
import { argumentOf, declarationOf, valueOf } from './reading.js';
import type { Definition } from '../generated/ast.js';
import { fix, rename, replace, setArgument } from './fixes.js';
import type { Finding, Lint } from './lint.js';
import { percent } from '../wording.js';

/** Every method with a reference among what is explained, and that reference; each call once. */
function* baselines(reading: Reading): Iterable<{ method: Called; reference: Called; explanation: Explanation }> {
  const seen = new Set<Called>();
  for (const explanation of reading.explanations()) {
    for (const method of explanation.methods) {
      const reference = reading.inner(method, 'baseline') ?? reading.inner(method, 'background');
      if (reference === undefined || seen.has(method)) continue;
      seen.add(method);
      yield { method, reference, explanation };
    }
  }
}

/** Where the reference is written in this document: at the method, or in a declaration of its own. */
function placed({ method, reference }: { method: Called; reference: Called }, reading: Reading) {
  if (reading.isOwn(reference.node)) return reference.node;
  return argumentOf(method, 'baseline')?.value ?? method.node;
}

export const offSimplexReference: Lint = {
  code: 'GA006',
  title: 'A reference that no example could be',
  severity: 'warning',
  shows: ['text'],
  why: 'An explanation by differences says why an example is unlike its reference. All zeros is no sequence: it lies off the simplex of one-hot DNA, where the network was never trained, and f there is arbitrary. Of gene expression that has not been standardised, all zeros is a sample without any transcript. Every study that varied the reference found other maps.',
  citation:
    'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109; Bontonou et al. 2023, arXiv 2303.11336; Sturmfels, Lundberg & Lee 2020, Distill',
  fine: 'Where the zeros of a paper are reproduced, or the features have mean 0 already.',
  remedy: 'Use shuffled sequences, the mean of a class or samples, and report which.',
  *check(reading) {
    for (const found of baselines(reading)) {
      const { method, reference, explanation } = found;
      if (reference.entry.name !== 'zeros') continue;
      const input = reading.input(explanation.target)?.alphabet;
      if (input === 'dna') {
        yield {
          node: placed(found, reading),
          message: `\`zeros\` is no sequence: \`${method.entry.name}\` would explain the distance from a point where the network was never trained.`,
          fixes: reading.isOwn(reference.node)
            ? [
                ...fix(
                  'Use dinucleotide shuffles',
                  replace(reference.node, 'dinucleotide_shuffle(copies: 20, seed: 1)'),
                ),
                ...fix('Use equal shares of the four bases', replace(reference.node, 'uniform')),
              ]
            : [],
        };
      } else if (input === 'expression' && explanation.data && !isStandardised(explanation.data, reading)) {
        const training = reading.ensembleOf(explanation.target)?.value.data?.callee.$refText;
        const mean = training === undefined ? 'mean' : `mean(of: ${training})`;
        yield {
          node: placed(found, reading),
          message: '`zeros` is a sample without any transcript, and the data have not been standardised.',
          fixes: reading.isOwn(reference.node) ? fix('Use the mean sample', replace(reference.node, mean)) : [],
        };
      }
    }
  },
};

function isStandardised(data: Definition, reading: Reading): boolean {
  return reading.lineage(data).stages.some(({ called }) => called.entry.name === 'standardise');
}

const FEW_COPIES = 5;

export const oneReference: Lint = {
  code: 'GA007',
  title: 'An expectation over one reference',
  severity: 'warning',
  shows: ['text'],
  why: 'Expected gradients average over a distribution of references. With one row, or with random references averaged to one row beforehand, they are integrated gradients by Monte Carlo, with its noise and without its completeness. One published pipeline passes the mean of its random baselines.',
  citation:
    'Erion et al. 2021, Nature Machine Intelligence 3:620; Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (published code)',
  fine: 'Where one reference is the point; then `integrated_gradients` is exact.',
  remedy: 'Pass the distribution: samples or shuffles, twenty or more.',
  *check(reading) {
    for (const found of baselines(reading)) {
      const { method, reference, explanation } = found;
      // How many a file holds is not in the text.
      if (method.entry.name !== 'expected_gradients' || reference.entry.name === 'from_file') continue;
      const copies = 'copies' in reference.entry.parameters ? Number(valueOf(reference, 'copies')) : 1;
      if (copies >= FEW_COPIES) continue;
      const dna = reading.input(explanation.target)?.alphabet === 'dna';
      const many = dna ? 'dinucleotide_shuffle(copies: 20, seed: 1)' : 'samples(copies: 20, seed: 1)';
      const edit = argumentOf(reference, 'copies')
        ? setArgument(reference, 'copies', '20')
        : replace(reference.node, many);
      yield {
        node: placed(found, reading),
        message: `The expectation is over ${copies === 1 ? 'one reference' : `${copies} references`}.`,
        ...(reading.isOwn(reference.node) && { fixes: fix('Take 20 references', edit) }),
      };
    }
  },
};

export const plainShuffle: Lint = {
  code: 'GA048',
  title: 'Shuffles that break dinucleotides',
  severity: 'hint',
  shows: ['text'],
  why: 'A shuffle of single bases keeps their counts and breaks their neighbourhoods: CpG, rare in vertebrate genomes, becomes as frequent as chance makes it. Part of the explanation is then the difference between a genome and noise. Shuffles that keep dinucleotides do not differ in that.',
  citation: 'Altschul & Erickson 1985, Mol Biol Evol 2:526; Shrikumar et al. 2020 (TF-MoDISco), arXiv 1811.00416',
  fine: 'On simulated sequences with independent bases, and where a paper shuffled single bases.',
  remedy: 'Use `dinucleotide_shuffle`.',
  *check(reading) {
    for (const called of reading.calls('reference', 'shuffle')) {
      yield {
        node: called.node,
        message: 'Shuffles of single bases have another share of CpG than the sequence.',
        fixes: fix('Keep dinucleotides', rename(called, 'dinucleotide_shuffle')),
      };
    }
  },
};

/** Range of a feature in the units of absolute noise, where it is known. */
const RANGES: Readonly<Record<string, number>> = { alleles: 2 };
const LEAST_NOISE = 0.05;
const MOST_NOISE = 0.2;
const FEW_SAMPLES = 20;

export const wrongNoise: Lint = {
  code: 'GA009',
  title: 'Noise or number of samples of SmoothGrad out of range',
  severity: 'warning',
  shows: ['text'],
  why: 'SmoothGrad averages over a neighbourhood. Below 5 % of the input range the copies are the example; above 20 % most of them are nothing that the network has seen. With fewer than 20 copies the noise of the mean is that of the gradient itself. Published choices go from σ = 0.1 with 50 copies to σ = 1.0 on alleles with 5.',
  citation:
    'Smilkov et al. 2017, arXiv 1706.03825; Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109; Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Where settings of a paper are reproduced, or noise is what is varied.',
  remedy: 'Take 5 % to 20 % of the input range and 20 to 50 samples.',
  *check(reading) {
    for (const called of reading.calls('method', 'smooth_grad', 'smooth_grad_squared', 'var_grad')) {
      const share = shareOf(called);
      if (share !== undefined && (share < LEAST_NOISE || share > MOST_NOISE)) {
        yield {
          node: argumentOf(called, 'noise') ?? called.node,
          message: `Noise of ${percent(Number(share.toPrecision(2)))} of the range is ${share > MOST_NOISE ? 'more than inputs survive' : 'too little to smooth'}: 5 % to 20 % are usual.`,
          fixes: fix('Use 10 % of the range', setArgument(called, 'noise', '10%')),
        };
      }
      const samples = valueOf(called, 'samples');
      if (typeof samples === 'number' && samples < FEW_SAMPLES) {
        yield {
          node: argumentOf(called, 'samples') ?? called.node,
          message: `${samples} noisy copies leave the noise of the gradient in the mean: 20 to 50 are usual.`,
          fixes: fix('Take 50 samples', setArgument(called, 'samples', '50')),
        };
      }
    }
  },
};

function shareOf({ values }: Called): number | undefined {
  const noise = values['noise'];
  if (typeof noise !== 'object' || !('form' in noise) || noise.form !== 'amount') return undefined;
  if ('share' in noise.amount) return noise.amount.share;
  const range = RANGES[noise.amount.unit];
  return range === undefined ? undefined : noise.amount.absolute / range;
}

const SHAPLEY = ['exact_shapley', 'shapley_sampling', 'kernel_shap', 'expected_gradients'];
const NAMES_THE_GAME = /marginal|interventional|conditional|observational/i;

export const unnamedGame: Lint = {
  code: 'GA033',
  title: 'Shapley values without the game that they are of',
  severity: 'hint',
  shows: ['text'],
  why: 'Shapley values depend on what an absent feature is: drawn from the references whatever the others are (the marginal or interventional game, which is what is computed here), or drawn given the others (the conditional game). Under correlation, as between linked variants or co-expressed genes, the two can differ in sign: the first is true to the model and visits inputs that do not exist, the second is true to the data and credits features that the model does not use.',
  citation: 'Watson 2022, Human Genetics 141:1499; Chen, Janizek, Lundberg & Lee 2020, arXiv 2006.16234',
  fine: 'For independent features, where the games agree.',
  remedy: 'Say in the documentation (`///`) that absent features are drawn from the reference: the marginal game.',
  *check(reading) {
    for (const { declared, methods } of reading.explanations()) {
      const method = methods.at(-1)?.entry.name ?? '';
      if (declared.kind !== 'attribution' || !SHAPLEY.includes(method)) continue;
      const around = [declared, ...methods.map(({ node }) => declarationOf(node))];
      if (around.some(other => other && NAMES_THE_GAME.test(reading.documentationOf(other) ?? ''))) continue;
      const found: Finding = {
        node: declared,
        property: 'name',
        message: `\`${method}\` draws absent features from the reference, whatever the others are; the text does not say so.`,
        fixes: fix('Document it', documentationAbove(declared)),
      };
      yield found;
    }
  },
};

function documentationAbove(declared: Definition) {
  const start = declared.$cstNode?.range.start;
  const newText =
    '/// Marginal Shapley values: absent features are drawn from the reference, whatever the others are.\n';
  return start && { range: { start, end: start }, newText };
}

/** Repeats from which a spread means something. */
const FEWEST_REPEATS = 3;

export const unstableLime: Lint = {
  code: 'GA034',
  title: 'LIME with too few repeats, or with a poor fit',
  severity: 'warning',
  shows: ['text', 'result'],
  why: 'LIME fits a linear model to random perturbations: with another seed the weights are others, and where the fit is poor (R² below one half) they describe nothing. Repeats show the spread; R² is stored with every example, and a run says how many examples it is poor for.',
  citation:
    'Ribeiro, Singh & Guestrin 2016, KDD; Watson 2022, Human Genetics 141:1499; Alvarez-Melis & Jaakkola 2018, arXiv 1806.08049',
  fine: 'In a quick look that nothing rests on.',
  remedy: 'Take at least 3 repeats, and look at R² and the spread.',
  *check(reading) {
    for (const called of reading.calls('method', 'lime')) {
      if (Number(valueOf(called, 'repeats')) >= FEWEST_REPEATS) continue;
      yield {
        node: argumentOf(called, 'repeats') ?? called.node,
        message: 'So few repeats do not show how much the weights depend on the draw.',
        fixes: fix('Repeat 3 times', setArgument(called, 'repeats', '3')),
      };
    }
  },
};
