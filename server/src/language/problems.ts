/** A finding about a document before it becomes an editor diagnostic: what, where, and what to do. */
import type { AstNode } from 'langium';
import type { SourceRange } from './experiment.js';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

export interface Edit {
  readonly range: SourceRange;
  readonly newText: string;
}

/** A change of the document that takes a finding away. */
export interface Fix {
  /** What it does, as editors show it. */
  readonly title: string;
  readonly edits: readonly Edit[];
}

export interface Problem {
  readonly severity: Severity;
  /** Stable identifier: `<subject>/<what>`, for example `parameter/missing`. */
  readonly code: string;
  readonly message: string;
  /** What the author can do about it, as one sentence. */
  readonly remedy?: string;
  /** Text that, in place of the marked range, would be right. */
  readonly replacement?: string;
  /** Larger changes that would make it right, the best first. */
  readonly fixes?: readonly Fix[];
  /** The node, or the part of it named by `property` (and `index`), that is marked. */
  readonly node: AstNode;
  readonly property?: string;
  readonly index?: number;
  /** Address of the page that explains it. */
  readonly page?: string;
  /** Marked instead of the node, where it is a part of the text that is no node. */
  readonly range?: SourceRange;
}

export type Report = (problem: Problem) => void;

/** For callers that want the meaning of a document and not its faults. */
export const ignore: Report = () => undefined;

/** What travels with an LSP diagnostic, so that quick fixes and the command line need not parse its message. */
export interface ProblemData {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly replacement?: string;
  readonly fixes?: readonly Fix[];
}

/** True for the `data` of a diagnostic that this language produced. */
export function isProblemData(data: unknown): data is ProblemData {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
}

/** The text that editors show: the finding, then the remedy. */
export function fullMessage(problem: { message: string; remedy?: string | undefined }): string {
  return problem.remedy === undefined ? problem.message : `${problem.message}\n${problem.remedy}`;
}
