/**
 * What a lint is: a doubt about an explanation that an experiment, the header of a model or a result can raise, with the
 * evidence for it. Lints never stop a run unless a setting makes them errors.
 */
import type { AstNode } from 'langium';
import type { ModelDescription } from '../../protocol.js';
import type { SourceRange } from '../experiment.js';
import type { Definition } from '../generated/ast.js';
import type { Fix, Severity } from '../problems.js';
import type { Reading } from './reading.js';

/** Where a lint shows: in the text, in the header of a model, or in what a run has computed. */
export type Evidence = 'text' | 'header' | 'result';

export interface Lint {
  /** `GA` and three digits; never given to another lint. */
  readonly code: string;
  readonly title: string;
  /** Unless a setting says otherwise. Results carry their own: what was found decides how much it matters. */
  readonly severity: Severity;
  readonly shows: readonly Evidence[];
  /** Markdown: what goes wrong, with the formula. */
  readonly why: string;
  readonly citation: string;
  /** When it is fine to ignore it. */
  readonly fine: string;
  /** What to do. */
  readonly remedy: string;
  /** What the text shows. Reads no file. */
  readonly check?: (reading: Reading) => Iterable<Finding>;
  /** What the header of a declared model shows. */
  readonly checkModel?: (reading: Reading, model: Definition, description: ModelDescription) => Iterable<Finding>;
}

/** One place at which a lint shows. */
export interface Finding {
  /** The node, or the part of it named by `property` (and `index`), that is marked. */
  readonly node: AstNode;
  readonly property?: string;
  readonly index?: number;
  /** Marked instead, where it is no node: words of a comment. */
  readonly range?: SourceRange;
  readonly message: string;
  /** In place of that of the lint, where the place allows more to be said. */
  readonly remedy?: string;
  readonly fixes?: readonly Fix[];
}

/** Severity by code, from the settings; what is not named keeps its own. */
export type LintLevels = Readonly<Record<string, Severity | 'off'>>;
