/** Lints of claims: what is expected of explanations, and what would have to be measured beside it. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { findEntry } from '../../catalog/index.js';
import type { Definition, Expectation } from '../generated/ast.js';
import { attributionFacts, definitionOf } from '../interpret/facts.js';
import { append, fix, freeName, lineBelow, rename, replace, setArgument } from './fixes.js';
import type { Lint } from './lint.js';
import { argumentOf, valueOf } from './reading.js';
import type { Measured, Reading } from './reading.js';

const GAPS = ['pgi', 'pgu', 'pgr'];

export const halfOfTheGap: Lint = {
  code: 'GA015',
  title: 'Prediction gaps without their counterpart or their control',
  severity: 'warning',
  shows: ['text'],
  why: 'Removing important features first should change the prediction soon (PGI), removing unimportant ones first late (PGU). Either alone is passed by methods that fail the other, and neither means anything without the gap of a random order (PGR): where many features carry the same signal, random orders do well too.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336',
  fine: 'Where the others are measured in another document.',
  remedy: 'Measure `pgi`, `pgu` and `pgr` of the same map.',
  *check(reading) {
    const groups = new Map<Definition, Measured[]>();
    for (const measured of reading.measured()) {
      if (!GAPS.includes(measured.called.entry.name)) continue;
      const about = measured.declared.kind === 'benchmark' ? measured.declared : measured.subjects[0];
      if (about) groups.set(about, [...(groups.get(about) ?? []), measured]);
    }
    for (const [about, measured] of groups) {
      const present = [...new Set([...measured, ...besides(about, reading)].map(({ called }) => called.entry.name))];
      const missing = GAPS.filter(name => !present.includes(name));
      const first = measured[0];
      if (missing.length === 0 || first === undefined) continue;
      const words = missing.map(name => `\`${name}\``).join(' and ');
      const calls = missing.map(name => (name === 'pgr' ? 'pgr(seed: 1)' : name));
      const lines = missing.map(
        (name, index) => `metric ${freeName(about, `${about.name}_${name}`)} = ${calls[index]!} of ${about.name}`,
      );
      const edit = about.kind === 'benchmark' ? append(first.called.node, `, ${calls.join(', ')}`) : undefined;
      yield {
        node: first.called.node,
        message: `\`${about.name}\` is measured by ${present.map(name => `\`${name}\``).join(' and ')}, and not by ${words}.`,
        fixes: fix(`Measure ${words} too`, edit ?? lineBelow(first.declared, lines.join('\n'))),
      };
    }
  },
};

/** Gaps that benchmarks measure of the target that an attribution explains. */
function besides(attribution: Definition, reading: Reading): Measured[] {
  const { target } = attributionFacts(attribution);
  return reading
    .measured()
    .filter(({ declared, called }) => declared.kind === 'benchmark' && GAPS.includes(called.entry.name))
    .filter(
      ({ declared }) => target && declared.value.subjects.some(subject => definitionOf(subject, 'target') === target),
    );
}

export const orderOfAllClasses: Lint = {
  code: 'GA016',
  title: 'One class, ranked by the scores of all',
  severity: 'info',
  shows: ['text'],
  why: 'A global order made from the examples of all classes holds the features that matter for any of them. Used for one class it says how well the classes share their features. The published code and its description differ in which of the two is meant.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336 (code and text differ)',
  fine: 'Where the numbers of that paper are reproduced.',
  remedy: 'Say which is meant: `over: class` or `over: all`.',
  *check(reading) {
    const global = new Set(
      reading.expectations.flatMap(({ metric, statistic }) =>
        metric?.ref && statistic?.startsWith('global') ? [metric.ref] : [],
      ),
    );
    for (const { called, declared } of reading.measured()) {
      if (!['pgi', 'pgu'].includes(called.entry.name) || argumentOf(called, 'over')) continue;
      if (!global.has(declared)) continue;
      yield {
        node: called.node,
        message: `The global order of \`${called.entry.name}\` is made from the examples of all classes unless the text says otherwise.`,
        fixes: fix('Rank each class by its own examples', setArgument(called, 'over', 'class')),
      };
    }
  },
};

/** Statistics of `expect`: the metric's entry, its name, whether an interval can be given. */
function claimed(expectation: Expectation, reading: Reading) {
  const declared = expectation.metric?.ref;
  const called = declared && reading.called(declared.value?.head);
  if (declared === undefined || called?.entry.category !== 'metric') return undefined;
  const name = expectation.statistic ?? called.entry.headline;
  return { declared, entry: called.entry, name, statistic: called.entry.statistics[name] };
}

/** The attributions that an expectation is about. */
function subjectsOf(declared: Definition): Definition[] {
  return (declared.value?.subjects ?? [])
    .map(subject => definitionOf(subject, 'attribution'))
    .filter(subject => subject !== undefined);
}

export const singleNetwork: Lint = {
  code: 'GA018',
  title: 'One network behind a claim',
  severity: 'info',
  shows: ['text'],
  why: 'Networks of equal accuracy, trained from other seeds, explain the same example differently: features that one finds, another ranks near the middle. Studies use 10 to 50 networks. A number from one network says how that network is explained, not how the method or the biology is.',
  citation: 'Majdandzic, Rajesh & Koo 2023 (50 networks); Bontonou et al. 2023 (10); Reynolds & Pan 2025 (10 members)',
  fine: 'Where this one network is the subject.',
  remedy: 'Train an ensemble (`members: 10`), and measure `stability` or `dispersion`.',
  *check(reading) {
    for (const expectation of reading.expectations) {
      const found = claimed(expectation, reading);
      const targets = found ? subjectsOf(found.declared).map(subject => attributionFacts(subject).target) : [];
      const networks = new Set(
        targets.map(target => target && definitionOf(target.value?.subjects[0], 'model', 'ensemble')),
      );
      const [network] = networks;
      if (networks.size !== 1 || network === undefined) continue;
      const training = network.kind === 'ensemble' ? reading.trainingOf(network) : undefined;
      if (network.kind === 'ensemble' && (training === undefined || Number(valueOf(training, 'members')) > 1)) continue;
      yield {
        node: expectation,
        message: `The claim rests on one network, \`${network.name}\`.`,
        ...(training && reading.isOwn(network)
          ? { fixes: fix('Train 10 members', setArgument(training, 'members', '10')) }
          : { remedy: 'Explain networks from other seeds too, or say that the claim is about this one.' }),
      };
      // One network is one doubt, however many claims rest on it.
      return;
    }
  },
};

/** Metrics that compare with what is known, with chance or with decoys. */
const CONTROLS = [
  'interpretability',
  'attribution_recall',
  'decoy_precision',
  'composite',
  'composite_ranking',
  'feature_agreement',
  'discoveries',
  'known_recall',
  'error_rates',
  'pgr',
  'keep_curve',
  'simplex_angle',
  'model_randomisation',
  'deletion',
  'insertion',
];

export const noControl: Lint = {
  code: 'GA020',
  title: 'Claims about explanations without any control',
  severity: 'warning',
  shows: ['text'],
  why: 'Explanations look convincing whatever they show. Only a comparison with something known tells: planted motifs or spike-ins, decoys that cannot matter, a random order, a network with random weights. Agreement between methods is no control: methods that share an error agree on it.',
  citation: 'Adebayo et al. 2018, NeurIPS; Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Where the control stands in another document.',
  remedy: 'Measure `model_randomisation`, `deletion`, or against planted motifs, spike-ins or decoys.',
  *check(reading) {
    if (reading.measured().some(({ called }) => CONTROLS.includes(called.entry.name))) return;
    for (const expectation of reading.expectations) {
      const found = claimed(expectation, reading);
      const [subject] = found ? subjectsOf(found.declared) : [];
      if (found === undefined || subject === undefined || found.entry.name === 'completeness') continue;
      const name = freeName(found.declared, `${subject.name}_control`);
      const seeded = `metric ${name} = model_randomisation(seed: 1) of ${subject.name}`;
      yield {
        node: expectation,
        message: 'Nothing here compares an explanation with a truth, a decoy, a random order or a random network.',
        ...(takesSeedAlone('model_randomisation') && {
          fixes: fix('Measure it on randomised networks', lineBelow(found.declared, seeded)),
        }),
      };
      return;
    }
  },
};

/** Whether a metric needs a seed and nothing else. */
function takesSeedAlone(name: string): boolean {
  const entry = findEntry('metric', name);
  if (entry === undefined || entry.on) return false;
  const needed = Object.entries(entry.parameters).filter(
    ([, { default: standard, optional }]) => standard === undefined && optional === undefined,
  );
  return needed.length === 1 && needed[0]?.[0] === 'seed';
}

export const accuracyAsEvidence: Lint = {
  code: 'GA036',
  title: 'Accuracy is all that is expected',
  severity: 'warning',
  shows: ['text'],
  why: 'A network can be right for reasons that its explanation does not show. Over trained networks, accuracy and the quality of explanations were correlated by r = −0.35; classifiers with 100 % accuracy had explanations that agreed with the true features by 46 % to 80 %.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109; Bontonou et al. 2023, arXiv 2303.11336',
  fine: 'Where the explanations are only looked at.',
  remedy: 'Expect something of the explanations too, such as `completeness` or `model_randomisation`.',
  *check(reading) {
    const claims = reading.expectations.map(expectation => ({ expectation, found: claimed(expectation, reading) }));
    const [first] = claims;
    if (first === undefined || reading.declared('attribution').length === 0) return;
    if (claims.some(({ found }) => found?.entry.name !== 'prediction_summary')) return;
    yield {
      node: first.expectation,
      message: 'Only predictions are judged here, and explanations are shown: good predictions do not make them right.',
    };
  },
};

export const sufficientOnly: Lint = {
  code: 'GA038',
  title: 'Selected features are sufficient, and nobody asked whether they are necessary',
  severity: 'info',
  shows: ['text'],
  why: 'That a classifier works with the top features alone shows that they are enough. In gene expression lower-ranked genes are enough too, and random ones nearly so: the same signal is in many genes.',
  citation: 'Bontonou et al. 2023, arXiv 2303.11336',
  fine: 'Where a small panel is wanted, and not the biology.',
  remedy: 'Expect something of `worst`, `random` or `without_best` too.',
  *check(reading) {
    const claims = reading.expectations.flatMap(expectation => {
      const found = claimed(expectation, reading);
      return found?.entry.name === 'keep_curve' ? [{ expectation, ...found }] : [];
    });
    const others = new Set(
      claims.filter(({ name }) => !['best', 'each_class'].includes(name)).map(({ declared }) => declared),
    );
    for (const { expectation, declared } of claims) {
      if (others.has(declared)) continue;
      yield { node: expectation, message: 'That the best features suffice does not make the others unnecessary.' };
    }
  },
};

export const pointValue: Lint = {
  code: 'GA044',
  title: 'A claim about the sample alone',
  severity: 'hint',
  shows: ['text'],
  why: 'Without `at` an expectation compares the value of these examples with the bound. Other examples of the same kind would give another value; `at 95%` demands that the whole bootstrap interval is on the right side.',
  citation: 'Efron & Tibshirani 1993, An Introduction to the Bootstrap',
  fine: 'Where these examples are all there are.',
  remedy: 'Add `at 95%`.',
  *check(reading) {
    for (const expectation of reading.expectations) {
      if (expectation.confidence !== undefined) continue;
      const found = claimed(expectation, reading);
      if (found?.statistic?.interval !== true) continue;
      yield {
        node: expectation,
        message: `\`${found.name}\` has an interval, and the expectation does not ask for it.`,
        fixes: fix('Demand it at 95 %', append(expectation, ' at 95%')),
      };
    }
  },
};

export const openScale: Lint = {
  code: 'GA023',
  title: 'Composite scores on scales of their own',
  severity: 'warning',
  shows: ['text', 'result'],
  why: 'The stability part of a composite score is 2^(−d/τ). Where τ is the median over the methods that are compared, it belongs to that set: with one method more, every score changes. Scores of two sets cannot be compared.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Where the scores are compared within their set only.',
  remedy: 'Fix `tau`.',
  *check(reading) {
    const open = reading
      .measured()
      .filter(({ called }) => called.entry.name.startsWith('composite') && called.values['tau'] === undefined);
    const sets = new Set(
      open.map(({ subjects }) =>
        subjects
          .map(({ name }) => name)
          .sort()
          .join(),
      ),
    );
    if (sets.size < 2) return;
    for (const { called } of open) {
      yield {
        node: called.node,
        message: 'τ is the median over these methods, and other methods are scored elsewhere in the document.',
        fixes: fix('Fix τ at 50 %', setArgument(called, 'tau', '50%')),
      };
    }
  },
};

/** Examples below which an interval is withheld. */
const FEWEST = 10;
/** Examples below which intervals of means hold the truth in fewer than 94 of 100 samples, even of a normal distribution. */
const ENOUGH = 20;

export const fewExamples: Lint = {
  code: 'GA045',
  title: 'Too few examples for an interval',
  severity: 'warning',
  shows: ['text'],
  why: 'A bootstrap of few units resamples the same few values: its interval is too narrow. Of ten examples the 95 % interval of a mean holds the truth in 90 of 100 samples of a normal distribution and in 81 to 85 of a skewed one, of twenty in 94 and in 84 to 89 (measured in docs/intervals.md). Below ten it is withheld, and an expectation with `at` can then not be met.',
  citation: 'Chernick 2008, Bootstrap Methods, ch. 9; Hesterberg 2015, Am Stat 69:371',
  fine: 'In a first look.',
  remedy: 'Explain twenty examples or more, better fifty.',
  *check(reading) {
    for (const expectation of reading.expectations) {
      const found = claimed(expectation, reading);
      if (found?.statistic?.interval !== true || found.entry.unit !== 'examples') continue;
      for (const subject of subjectsOf(found.declared)) {
        const { data } = attributionFacts(subject);
        const last = data && reading.lineage(data).stages.findLast(({ called }) => 'size' in called.values);
        const size = last?.called.values['size'];
        if (typeof size !== 'number' || size >= ENOUGH || last === undefined) continue;
        yield {
          node: expectation,
          message:
            size < FEWEST
              ? `\`${data!.name}\` has ${size} examples; intervals need ${FEWEST}.`
              : `\`${data!.name}\` has ${size} examples, of which an interval is too narrow.`,
          ...(reading.isOwn(last.definition) && { fixes: fix('Take 100', setArgument(last.called, 'size', '100')) }),
        };
        break;
      }
    }
  },
};

/** Features above which a ranking holds chance findings at its top. */
const MANY_FEATURES = 1000;

export const noErrorControl: Lint = {
  code: 'GA032',
  title: 'A ranking of many features without error control',
  severity: 'warning',
  shows: ['text'],
  why: 'Of a thousand features that do not matter, the largest score is large. A ranking alone does not say where chance ends. A permutation test with k repeats has no p-value below 1/(k + 1): 10 repeats cannot show anything among a thousand features, whatever correction is made.',
  citation:
    'Watson 2022, Human Genetics 141:1499; Candès et al. 2018, JRSS B 80:551; Benjamini & Hochberg 1995, JRSS B 57:289',
  fine: 'Where decoys or spike-ins measure the error of the same ranking.',
  remedy: 'Use `knockoff_importance`, or measure `discoveries` of p-values or `decoy_precision`.',
  *check(reading) {
    const judged = reading
      .measured()
      .flatMap(({ called, subjects }) => (CONTROLS.includes(called.entry.name) ? subjects : []));
    for (const { declared, methods, target } of reading.explanations()) {
      const [method] = methods;
      if (method?.entry.category !== 'method' || method.entry.produces !== 'importance') continue;
      if (judged.includes(declared) || argumentOf(method, 'groups')) continue;
      if (method.entry.typology.errorControl.includes('false discovery')) continue;
      const { length = 0, alphabet } = reading.input(target) ?? {};
      const features = length / Math.max(1, Number(valueOf(method, 'window') ?? 1));
      if (features <= MANY_FEATURES || alphabet === 'dna') continue;
      const repeats = valueOf(method, 'repeats');
      if (typeof repeats === 'number' && repeats + 1 >= 20 * features) continue;
      yield {
        node: method.node,
        message:
          typeof repeats === 'number'
            ? `${repeats} repeats give no p-value below 1/${repeats + 1}; among ${features} features that shows nothing.`
            : `\`${method.entry.name}\` ranks ${features} features, and nothing says where chance ends.`,
        ...(/^p-value/.test(method.entry.typology.errorControl) &&
          declared.kind === 'attribution' && {
            fixes: fix(
              'Measure what is found at a false discovery rate',
              lineBelow(
                declared,
                `metric ${freeName(declared, `${declared.name}_found`)} = discoveries of ${declared.name}`,
              ),
            ),
          }),
      };
    }
  },
};

export const correlatedFeatures: Lint = {
  code: 'GA031',
  title: 'Features are moved apart from those that they are correlated with',
  severity: 'info',
  shows: ['text', 'result'],
  why: 'A permuted variant in linkage disequilibrium, or a gene moved alone, makes inputs that do not exist. What the network says there is extrapolation, and correlated features share an importance that neither shows. After a run the features with |r| > 0.7 are named.',
  citation:
    'Watson 2022, Human Genetics 141:1499; Hooker, Mentch & Zhou 2021, Statistics and Computing 31:82; Apley & Zhu 2020, JRSS B 82:1059',
  fine: 'Where features are independent, or grouped by what they are correlated with.',
  remedy: 'Permute given the others, group what is correlated, or use accumulated local effects.',
  *check(reading) {
    const named = (name: string): boolean => reading.calls('method', name).length > 0;
    for (const { methods, target } of reading.explanations()) {
      const [method] = methods;
      const alphabet = reading.input(target)?.alphabet;
      if (method === undefined || (alphabet !== 'genotypes' && alphabet !== 'expression')) continue;
      const { name } = method.entry;
      if (name === 'permutation_importance' && !argumentOf(method, 'groups')) {
        if (named('conditional_permutation_importance')) continue;
        yield {
          node: method.node,
          message: `${alphabet === 'genotypes' ? 'Variants in linkage disequilibrium' : 'Co-expressed genes'} are permuted one at a time.`,
          fixes: fix('Permute given the others', rename(method, 'conditional_permutation_importance')),
        };
      } else if (name === 'partial_dependence' && !named('ale')) {
        const features = argumentOf(method, 'features')?.value.$cstNode?.text;
        yield {
          node: method.node,
          message: 'Partial dependence averages over inputs that correlation rules out.',
          ...(features !== undefined && {
            fixes: fix('Use accumulated local effects', replace(method.node, `ale(${features})`)),
          }),
        };
      }
    }
  },
};

export const attentionAsImportance: Lint = {
  code: 'GA029',
  title: 'Attention read as importance',
  severity: 'warning',
  shows: ['text'],
  why: 'Attention weights are not identified by what a layer computes: with more positions n than dimensions of a head, A + N with N·V = 0 gives the same output for any such N. Under multicollinearity, as between linked variants, any split of weight between twins is equal. The part that reaches the output is the effective attention.',
  citation: 'Brunner et al. 2020, ICLR; Jain & Wallace 2019, NAACL; Wang et al. 2025, arXiv 2505.09873',
  fine: 'Where the weights themselves are the subject.',
  remedy:
    'Use `effective_attention`, and test it by ablation. The metric `attention_freedom` measures how far the weights could differ.',
  *check(reading) {
    if (reading.calls('method', 'effective_attention').length > 0) return;
    for (const called of reading.calls('method', 'attention_maps')) {
      yield {
        node: called.node,
        message: 'Attention weights hold a part that never reaches the output.',
        fixes: fix('Use `effective_attention`', rename(called, 'effective_attention')),
      };
    }
  },
};
