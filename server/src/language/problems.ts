/** A finding about a document before it becomes an editor diagnostic: what, where, and what to do. */
import type { AstNode } from 'langium';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

export interface Problem {
  readonly severity: Severity;
  /** Stable identifier: `<subject>/<what>`, for example `parameter/missing`. */
  readonly code: string;
  readonly message: string;
  /** What the author can do about it, as one sentence. */
  readonly remedy?: string;
  /** Text that, in place of the marked range, would be right. */
  readonly replacement?: string;
  /** The node, or the part of it named by `property` (and `index`), that is marked. */
  readonly node: AstNode;
  readonly property?: string;
  readonly index?: number;
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
}

/** True for the `data` of a diagnostic that this language produced. */
export function isProblemData(data: unknown): data is ProblemData {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
}

/** The text that editors show: the finding, then the remedy. */
export function fullMessage(problem: { message: string; remedy?: string | undefined }): string {
  return problem.remedy === undefined ? problem.message : `${problem.message}\n${problem.remedy}`;
}
