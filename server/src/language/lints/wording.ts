/** Lints of words: what documentation claims beside explanations that do not show it. */
import { fix } from './fixes.js';
import { commentsIn } from './ignores.js';
import type { Lint } from './lint.js';

/** Words of cause, and what attributions support in their place. */
const CAUSAL: readonly (readonly [RegExp, string])[] = [
  [/\bdrives\b/i, 'goes with'],
  [/\bcauses\b/i, 'goes with'],
  [/\bdetermines\b/i, 'predicts'],
  [/\bis responsible for\b/i, 'is associated with'],
  [/\bare responsible for\b/i, 'are associated with'],
  [/\bdrive\b/i, 'go with'],
  [/\bcause\b/i, 'go with'],
];
const DENIED = /\b(not|no|never|nothing|without|whether|cannot|does it|do they)\b[^.]*$/i;

export const causalWording: Lint = {
  code: 'GA035',
  title: 'Causal words beside attributions',
  severity: 'info',
  shows: ['text'],
  why: 'An attribution says what a model uses. The model uses whatever predicts: a gene downstream of the cause, a variant in linkage with it, a batch. Cause needs an intervention or a design; interpretable machine learning supplies hypotheses.',
  citation: 'Watson 2022, Human Genetics 141:1499; Bontonou et al. 2023, arXiv 2303.11336',
  fine: 'Where the cause is known, as in a simulation, or the sentence is about the network.',
  remedy: 'Say what was found: the model relies on it, or it is associated.',
  *check(reading) {
    if (reading.declared('attribution').length === 0 && reading.declared('benchmark').length === 0) return;
    const { textDocument } = reading.document;
    const [root] = reading.definitions;
    if (root === undefined) return;
    for (const { start, text } of commentsIn(textDocument.getText())) {
      if (!text.startsWith('///')) continue;
      for (const [word, instead] of CAUSAL) {
        const match = word.exec(text);
        if (match === null || DENIED.test(text.slice(0, match.index))) continue;
        const at = start + match.index;
        const range = { start: textDocument.positionAt(at), end: textDocument.positionAt(at + match[0].length) };
        yield {
          node: root,
          range,
          message: `“${match[0]}” is more than attributions show: they say what the model uses.`,
          fixes: fix(`Write “${instead}”`, { range, newText: instead }),
        };
      }
    }
  },
};
