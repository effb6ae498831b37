/** Lints of maps: what is measured, drawn or named as something that it is not. */
import { AstUtils } from 'langium';
import { isAction, isPipeline } from '../generated/ast.js';
import type { Call, Definition } from '../generated/ast.js';
import { attributionFacts, chainOf, definitionOf } from '../interpret/facts.js';
import type { Fix } from '../problems.js';
import { append, fix, freeName, lineBelow, rename, replace, setArgument } from './fixes.js';
import type { Lint } from './lint.js';
import { declarationOf, listOf, valueOf } from './reading.js';
import type { Reading } from './reading.js';

/** Metrics that are there to look at what a correction removes. */
const OF_RAW_GRADIENTS = ['simplex_angle', 'improvement_by_angle', 'dispersion'];
const CORRECTIONS = ['simplex_correction', 'hypothetical'];

export const uncorrectedGradient: Lint = {
  code: 'GA001',
  title: 'A gradient of one-hot DNA is used uncorrected',
  severity: 'warning',
  shows: ['text'],
  why: 'One-hot DNA lives on a simplex: the four values of a position sum to 1. What a network does off that plane is decided by chance, so the component of the gradient along its normal, (1, 1, 1, 1)/2, is noise. On trained networks 30 % of positions are more than 30° off the simplex. Subtracting the mean over the bases, G′ = G − ¼ Σₐ Gₐ, removes the component and changes nothing else.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109',
  fine: 'Where the raw gradient itself is the subject, as when correction is compared with none.',
  remedy: 'Put `| simplex_correction` behind it.',
  *check(reading) {
    for (const declared of reading.declared('attribution')) {
      if (!isRawGradient(declared, reading)) continue;
      const uses = reading.usesOf(declared);
      const corrected = uses.map(declarationOf).find(other => other && isCorrectionOf(declared, other));
      for (const use of uses) {
        if (!showsRaw(use, corrected, reading)) continue;
        const kept = uses.some(other => other !== use && !showsRaw(other, corrected, reading));
        const fixes = corrected
          ? fix(`Use \`${corrected.name}\``, replace(use, corrected.name))
          : kept
            ? useCorrected(declared, use)
            : fix('Correct it', append(declared.value, ' | simplex_correction'));
        yield {
          node: use,
          message: `\`${declared.name}\` is a gradient of one-hot DNA with the component that no sequence can test.`,
          fixes,
        };
      }
    }
    for (const { node, entry, values } of reading.calls('benchmark', 'compare')) {
      const declared = declarationOf(node);
      const target = definitionOf(declared?.value.subjects[0], 'target');
      if (target === undefined || reading.input(target)?.alphabet !== 'dna') continue;
      const benchmark = { node, entry, values };
      if (listOf(benchmark, 'corrections').some(call => CORRECTIONS.includes(call.callee.$refText))) continue;
      const gradient = listOf(benchmark, 'methods').find(method => {
        const innermost = reading.methodsFrom(method).at(-1)?.entry;
        return innermost?.category === 'method' && innermost.produces === 'gradient';
      });
      const measures = listOf(benchmark, 'metrics').map(metric => reading.resolved(metric)?.entry.name ?? '');
      if (gradient === undefined || measures.every(name => OF_RAW_GRADIENTS.includes(name))) continue;
      yield {
        node: gradient,
        message: `\`${gradient.callee.$refText}\` yields gradients of one-hot DNA, and the benchmark measures them uncorrected.`,
        remedy: 'Compare them with and without `simplex_correction`.',
        fixes: fix(
          'Cross with `simplex_correction`',
          setArgument(benchmark, 'corrections', '[none, simplex_correction]'),
        ),
      };
    }
  },
};

/** A corrected map of its own, where the raw one is needed too. */
function useCorrected(declared: Definition, use: Call): readonly Fix[] {
  const name = freeName(declared, `${declared.name}_corrected`);
  const line = `attribution ${name} = ${declared.name} | simplex_correction`;
  return fix(`Declare \`${name}\` and use it`, replace(use, name), lineBelow(declared, line));
}

function isRawGradient(declared: Definition, reading: Reading): boolean {
  const { map, target } = attributionFacts(declared);
  if (map !== 'gradient' || target === undefined || reading.input(target)?.alphabet !== 'dna') return false;
  const stages = chainOf(declared, 'attribution').flatMap(({ value }) => value.stages);
  return !stages.some(({ callee }) => CORRECTIONS.includes(callee.$refText));
}

function isCorrectionOf(raw: Definition, other: Definition): boolean {
  return (
    other.kind === 'attribution' &&
    definitionOf(other.value.head, 'attribution') === raw &&
    other.value.stages[0]?.callee.$refText === 'simplex_correction'
  );
}

/** Whether a use draws, exports or measures the map as if it were corrected, and not beside the corrected one. */
function showsRaw(use: Call, corrected: Definition | undefined, reading: Reading): boolean {
  const action = AstUtils.getContainerOfType(use, isAction);
  if (action)
    return !(
      corrected && reading.usesOf(corrected).some(other => AstUtils.hasContainerOfType(other, node => node === action))
    );
  const metric = declarationOf(use);
  if (metric?.kind !== 'metric' || !isPipeline(use.$container)) return false;
  const measure = reading.called(metric.value.head)?.entry.name;
  if (measure === undefined || OF_RAW_GRADIENTS.includes(measure)) return false;
  const beside = corrected ? reading.usesOf(corrected).map(declarationOf) : [];
  return !beside.some(other => other && reading.called(other.value.head)?.entry.name === measure);
}

/** Names that promise integrated gradients. */
const SOUNDS_INTEGRATED = /(^|_)(ig|integrated(_?grad(ient)?s?)?)(_|\d*$)/i;
const INTEGRATED = ['integrated_gradients', 'expected_gradients', 'layer_integrated_gradients', 'integrated_hessians'];

export const misnamedIntegral: Lint = {
  code: 'GA004',
  title: 'The name promises integrated gradients, and the method is another',
  severity: 'warning',
  shows: ['text'],
  why: 'Integrated gradients are (x − b) ⊙ ∫ ∂f/∂x along the path, and sum to f(x) − f(b). A gradient averaged along the path without the factor (x − b), and a gradient times the input, do not: code behind published figures leaves the factor out. Neither can be tested by completeness.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML; Majdandzic, Rajesh & Koo 2023 (published code)',
  fine: 'Where the name is the one that a paper uses, and the text says what is computed.',
  remedy: 'Use `integrated_gradients`, or a name that says what it is.',
  *check(reading) {
    for (const { declared, methods } of reading.explanations()) {
      const [outer] = methods;
      const method = methods.at(-1)?.entry.name;
      if (outer === undefined || method === undefined || declared.kind !== 'attribution') continue;
      if (INTEGRATED.includes(method) || !SOUNDS_INTEGRATED.test(declared.name)) continue;
      const alone = reading.usesOf(declared).every(use => declarationOf(use)?.kind !== 'attribution');
      const isPath = outer.entry.name === 'path_gradient' && declared.value.stages.length === 0 && alone;
      yield {
        node: declared,
        property: 'name',
        message: `\`${declared.name}\` sounds like integrated gradients; \`${method}\` does not sum to f(x) − f(reference).`,
        ...(isPath && { fixes: fix('Use `integrated_gradients`', rename(outer, 'integrated_gradients')) }),
      };
    }
  },
};

/** Nodes below which a quadrature of a deep network is rarely within a percent. */
const FEW_STEPS = 100;

export const fewSteps: Lint = {
  code: 'GA005',
  title: 'Integrated gradients do not sum to what they explain',
  severity: 'warning',
  shows: ['text', 'result'],
  why: 'The contributions must sum to f(x) − f(b). With too few quadrature nodes they do not, and what is missing lies at no position in particular. The usual 50 are not enough for many networks: a study of gene expression needed 3,000 to bring every sum within one percentage point. After a run the worst pair is named, with its sums, where along its path the gap arises, and what it needs.',
  citation: 'Sundararajan, Taly & Yan 2017, ICML; Bontonou et al. 2023, arXiv 2303.11336',
  fine: 'Where the number of steps of a paper is reproduced, or completeness is measured elsewhere.',
  remedy: 'Let `steps: auto` take as many as the tolerance asks for, or measure `completeness`.',
  *check(reading) {
    const tested = new Set(
      reading.measured().flatMap(({ called, subjects }) => (called.entry.name === 'completeness' ? subjects : [])),
    );
    const testedMethods = new Set([...tested].flatMap(subject => reading.methodsFrom(subject.value.head)));
    for (const called of reading.calls('method', 'integrated_gradients')) {
      const steps = called.values['steps'];
      if (typeof steps !== 'number' || steps >= FEW_STEPS || testedMethods.has(called)) continue;
      yield {
        node: called.node,
        message: `${steps} steps are rarely enough, and no \`completeness\` is measured here.`,
        fixes: fix('Let `steps: auto` find the number', setArgument(called, 'steps', 'auto')),
      };
    }
  },
};

export const lostSign: Lint = {
  code: 'GA010',
  title: 'SmoothGrad² under the name of SmoothGrad',
  severity: 'warning',
  shows: ['text'],
  why: 'SmoothGrad averages the gradients of noisy copies. SmoothGrad² averages their squares, VarGrad takes their variance: neither has a sign, both weigh outliers more, and neither is a gradient that can be corrected or multiplied by the input. A published pipeline runs the squared form and reports it as SmoothGrad.',
  citation:
    'Smilkov et al. 2017, arXiv 1706.03825; Hooker et al. 2019, NeurIPS; Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (published code)',
  fine: 'Where only the size of the scores is used, and the text says which method it is.',
  remedy: 'Say so in the name, or use `smooth_grad`.',
  *check(reading) {
    for (const called of reading.calls('method', 'smooth_grad_squared', 'var_grad')) {
      const declared = declarationOf(called.node);
      if (declared === undefined || !/smooth|(^|_)sg(_|$)/i.test(declared.name)) continue;
      if (/sq|square|var|2/i.test(declared.name) || declared.kind === 'benchmark') continue;
      const plain = called.values['root'] === undefined;
      yield {
        node: declared,
        property: 'name',
        message: `\`${declared.name}\` sounds like SmoothGrad; \`${called.entry.name}\` has no sign.`,
        ...(plain && { fixes: fix('Use `smooth_grad`', rename(called, 'smooth_grad')) }),
      };
    }
  },
};

export const cancellingMean: Lint = {
  code: 'GA014',
  title: 'A mean of signed scores over examples',
  severity: 'info',
  shows: ['text'],
  why: 'Averaged with their sign, scores of opposite directions cancel: a feature that decides both ways ranks below one that does little. Averaged as absolute values, direction is lost. The two rankings differ, published studies use either, and a comparison that mixes them compares nothing.',
  citation:
    'Bontonou et al. 2023, arXiv 2303.11336 (signed); Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (absolute)',
  fine: 'Where the direction is the question.',
  remedy: 'Use `sign: absolute` for a ranking by importance.',
  *check(reading) {
    for (const called of reading.calls('method', 'mean_attribution')) {
      if (valueOf(called, 'sign') === 'absolute') continue;
      yield {
        node: called.node,
        message: 'Signed scores of different examples cancel in their mean.',
        fixes: fix('Average absolute values', setArgument(called, 'sign', 'absolute')),
      };
    }
  },
};

const OF_THE_INPUT = ['guided_backpropagation', 'deconvolution'];

export const insensitiveMethod: Lint = {
  code: 'GA046',
  title: 'A method that partly reconstructs the input',
  severity: 'warning',
  shows: ['text'],
  why: 'Guided backpropagation and deconvolution pass positive signals only. Their maps hardly change when the weights of the network are replaced by random ones: they show the input and the first layer more than what the network has learnt.',
  citation: 'Nie, Zhang & Patel 2018, ICML; Adebayo et al. 2018, NeurIPS; Sixt, Granz & Landgraf 2020, ICML',
  fine: 'Where `model_randomisation` of the same map is measured, or the method is one of several that are compared.',
  remedy: 'Measure `model_randomisation`, or use `saliency`.',
  *check(reading) {
    const tested = reading
      .measured()
      .flatMap(({ called, subjects }) => (called.entry.name === 'model_randomisation' ? subjects : []))
      .flatMap(subject => reading.methodsFrom(subject.value.head));
    for (const called of reading.calls('method', ...OF_THE_INPUT)) {
      if (tested.includes(called) || declarationOf(called.node)?.kind === 'benchmark') continue;
      yield {
        node: called.node,
        message: `\`${called.entry.name}\` shows the input more than what the network has learnt.`,
        fixes: fix('Use `saliency`', rename(called, 'saliency')),
      };
    }
  },
};
