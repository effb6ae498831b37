/** Lints of the explained number and of the model: what saturates, and what is read the wrong way round. */
import type { Definition } from '../generated/ast.js';
import { definitionOf } from '../interpret/facts.js';
import { fix, replace, setArgument } from './fixes.js';
import type { Finding, Lint } from './lint.js';
import { argumentOf, valueOf } from './reading.js';
import type { Called, Reading } from './reading.js';

const SQUASHING = ['sigmoid', 'softmax'];
const BY_CLASS = ['true_class', 'predicted_class'];

export const saturatedTarget: Lint = {
  code: 'GA008',
  title: 'A probability is explained where a logit exists',
  severity: 'warning',
  shows: ['text', 'header', 'result'],
  why: 'The gradient of a probability is that of the logit times p (1 − p): at p = 0.9999 it is a ten-thousandth, and float32 noise takes its place. Differences saturate alike: what raises a probability from 0.99 to 0.999 looks like nothing. Confident examples, the ones that are explained most often, suffer most. After a run the share of saturated examples is told.',
  citation: 'Shrikumar, Greenside & Kundaje 2017, ICML; Wang et al. 2025, arXiv 2505.09873',
  fine: 'Where probabilities are what is measured, as in prediction gaps, or a paper explains them.',
  remedy: 'Explain the `logit`.',
  *check(reading) {
    for (const target of explainedTargets(reading)) {
      const called = reading.called(target.value.head);
      if (called === undefined) continue;
      if (BY_CLASS.includes(called.entry.name) && called.values['probability'] === true) {
        yield {
          node: argumentOf(called, 'probability') ?? called.node,
          message: `\`${target.name}\` is a probability, which saturates for examples that the network is sure of.`,
          fixes: fix('Explain the logit', setArgument(called, 'probability', 'false')),
        };
      } else if (called.entry.name === 'output') {
        const ensemble = reading.ensembleOf(target);
        if (ensemble !== undefined && endsSquashed(ensemble, reading)) yield asLogit(target, called);
      }
    }
  },
  *checkModel(reading, model, { squashing }) {
    if (squashing === undefined) return;
    for (const target of explainedTargets(reading)) {
      const called = reading.called(target.value.head);
      if (called?.entry.name !== 'output' || definitionOf(target.value.subjects[0], 'model') !== model) continue;
      yield asLogit(target, called);
    }
  },
};

function asLogit(target: Definition, called: Called): Finding {
  const given = ['index', 'name'].flatMap(parameter => {
    const text = argumentOf(called, parameter)?.value.$cstNode?.text;
    return text === undefined ? [] : [`${parameter}: ${text}`];
  });
  const logit = given.length > 0 ? `logit(${given.join(', ')})` : 'logit';
  return {
    node: called.node,
    message: `\`${target.name}\` is a probability, which saturates for examples that the network is sure of.`,
    fixes: fix('Explain the logit', replace(called.node, logit)),
  };
}

/** Targets of this document that are explained in it. */
function explainedTargets(reading: Reading): Definition[] {
  const targets = new Set(reading.explanations().map(({ target }) => target));
  return [...targets].filter(target => reading.isOwn(target));
}

function endsSquashed(ensemble: Definition, reading: Reading): boolean {
  const last = reading.layersOf(ensemble).at(-1);
  if (last === undefined) return false;
  return SQUASHING.some(name => last.entry.name === name || valueOf(last, 'activation') === name);
}

export const ambiguousLayout: Lint = {
  code: 'GA039',
  title: 'Either axis of the input could be the bases',
  severity: 'warning',
  shows: ['header'],
  why: 'An input of shape [batch, 4, 4] can be read as four bases at four positions in either order. Read the wrong way round, predictions are those of another sequence, and a correction subtracts the mean over positions. Files transposed between [N, L, 4] and [N, 4, L] are common.',
  citation: 'Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109 (published code transposes before it centres)',
  fine: 'Never: saying which costs one word.',
  remedy: 'Say which with `layout`.',
  *checkModel(reading, model, { dna }) {
    const called = reading.called(model.value.head);
    if (called === undefined || dna?.ambiguous !== true || valueOf(called, 'layout') !== 'auto') return;
    yield {
      node: called.node,
      message: `Both axes of the input have size 4; it is read as ${dna.layout}.`,
      fixes: [
        ...fix('Say `channels_first`', setArgument(called, 'layout', 'channels_first')),
        ...fix('Say `channels_last`', setArgument(called, 'layout', 'channels_last')),
      ],
    };
  },
};
