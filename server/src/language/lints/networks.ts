/** Lints of trained networks: what has to be trained beside one, and what a network of its kind hides from a method. */
import type { Definition } from '../generated/ast.js';
import { definitionOf } from '../interpret/facts.js';
import { fix, setArgument } from './fixes.js';
import type { Lint } from './lint.js';
import { argumentOf, valueOf } from './reading.js';
import type { Called, Reading } from './reading.js';

/** Dropout from which networks hold the same signal several times. */
const STRONG_DROPOUT = 0.3;
const SINGLE = ['in_silico_mutagenesis'];

export const redundantNetwork: Lint = {
  code: 'GA028',
  title: 'Nothing but single mutations of a network with redundant copies',
  severity: 'info',
  shows: ['text'],
  why: 'Dropout makes it best to hold a signal several times. Of f = max(x₁, x₂) at (1, 1) every single knock-out has effect 0, and both together have effect 1: single-site mutagenesis shows nothing where the network is surest. What is missing is Δ₁₂ − Δ₁ − Δ₂.',
  citation: 'Wang et al. 2025, arXiv 2505.09873',
  fine: 'Where single substitutions are the question, as for variant effects.',
  remedy:
    'Mutate windows or pairs too: `occlusion`, `epistasis`. The metric `collinearity` measures which inputs tell the same and how far members disagree on them.',
  *check(reading) {
    const explanations = reading.explanations();
    for (const { methods, target } of explanations) {
      const method = methods.at(-1);
      const ensemble = reading.ensembleOf(target);
      if (method === undefined || ensemble === undefined || !SINGLE.includes(method.entry.name)) continue;
      const dropout = reading
        .layersOf(ensemble)
        .filter(({ entry }) => entry.name === 'dropout')
        .map(layer => Number(valueOf(layer, 'rate')));
      const most = Math.max(0, ...dropout);
      const others = explanations.some(
        other => other.target === target && !SINGLE.includes(other.methods.at(-1)?.entry.name ?? ''),
      );
      if (most < STRONG_DROPOUT || others) continue;
      yield {
        node: method.node,
        message: `\`${ensemble.name}\` is trained with ${Math.round(100 * most)} % dropout: a signal that it holds twice survives every single mutation.`,
      };
    }
  },
};

/** Layers that carry biological knowledge into a network. */
const INFORMED = ['graph_smoothing', 'masked_dense'];

export const noDenseControl: Lint = {
  code: 'GA030',
  title: 'A network with built-in biology without a plain one beside it',
  severity: 'warning',
  shows: ['text'],
  why: 'A network whose connections follow a graph of genes explains itself in the terms of the graph, whether or not the graph is right: the importance of a node grows with its degree, and genes without annotation have none. A constrained network cannot reach a smaller training loss than the plain one. Only the same network without the graph, or with a permuted one, shows what the graph adds; the same network on permuted labels shows what importance it gives where nothing can be learnt.',
  citation:
    'Wang et al. 2025, arXiv 2505.09873; Esser-Skala & Fortelny 2023, npj Systems Biology and Applications 9:50',
  fine: 'Where the control stands in another document.',
  remedy:
    'Train a network without these layers on the same data, or the same network on `| permute_labels(…)` of them.',
  *check(reading) {
    const ensembles = reading.declared('ensemble');
    const plain = ensembles.filter(ensemble => !isInformed(ensemble, reading)).map(dataOf);
    for (const ensemble of ensembles) {
      const data = dataOf(ensemble);
      if (!isInformed(ensemble, reading) || data === undefined || plain.includes(data)) continue;
      if (isPermuted(data, reading) || ensembles.some(other => isNull(other, ensemble, reading))) continue;
      yield {
        node: ensemble,
        property: 'name',
        message: `\`${ensemble.name}\` has biology built in, and no plain network is trained on \`${data.name}\`.`,
      };
    }
  },
};

function isInformed(ensemble: Definition, reading: Reading): boolean {
  return reading.layersOf(ensemble).some(({ entry }) => INFORMED.includes(entry.name));
}

/** Whether an ensemble is the network of another one on the same data with permuted labels. */
function isNull(candidate: Definition, ensemble: Definition, reading: Reading): boolean {
  const [permuted, data] = [dataOf(candidate), dataOf(ensemble)];
  if (permuted === undefined || data === undefined || !isPermuted(permuted, reading)) return false;
  const network = networkOf(ensemble, reading);
  return (
    network !== undefined &&
    networkOf(candidate, reading) === network &&
    reading.lineage(permuted).origin === reading.lineage(data).origin
  );
}

function isPermuted(data: Definition, reading: Reading): boolean {
  return reading.lineage(data).stages.some(({ called }) => called.entry.name === 'permute_labels');
}

/** The call that declares the network of an ensemble; the same object for the same network. */
function networkOf(ensemble: Definition, reading: Reading): Called | undefined {
  const training = reading.trainingOf(ensemble);
  return training && reading.inner(training, 'network');
}

function dataOf(ensemble: Definition): Definition | undefined {
  return definitionOf(ensemble.value.data, 'data');
}

export const twins: Lint = {
  code: 'GA047',
  title: 'The same network twice',
  severity: 'warning',
  shows: ['text'],
  why: 'Training is reproducible to the bit: the same network, data, settings and seed give the same weights. Two such ensembles agree perfectly, and agreement between them says nothing.',
  citation: 'By construction: training is deterministic here',
  fine: 'Never, but as a test of reproducibility.',
  remedy: 'Give each its own seed.',
  *check(reading) {
    const seen = new Map<string, Definition>();
    const seeds = new Set(reading.calls('training').map(({ values }) => Number(values['seed'])));
    for (const ensemble of reading.declared('ensemble')) {
      const called = reading.trainingOf(ensemble);
      const data = dataOf(ensemble);
      if (called === undefined || data === undefined) continue;
      const text = JSON.stringify([called.entry.name, called.values, data.name]);
      const first = seen.get(text);
      seen.set(text, first ?? ensemble);
      if (first === undefined) continue;
      let seed = Number(called.values['seed']);
      while (seeds.has(seed)) seed++;
      seeds.add(seed);
      yield {
        node: argumentOf(called, 'seed') ?? called.node,
        message: `\`${ensemble.name}\` is \`${first.name}\` again: same network, data, settings and seed.`,
        fixes: fix(`Use seed ${seed}`, setArgument(called, 'seed', `${seed}`)),
      };
    }
  },
};
