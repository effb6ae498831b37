/**
 * A checked document as plain data: what `language` hands to `plan`. No Langium types, no text, nothing unresolved.
 * Only documents without errors become an experiment.
 */
import type { Amount, Category, Form, Kind } from '../catalog/specification.js';

/** Half-open range in a document, zero-based lines and UTF-16 characters, as LSP counts them. */
export interface SourceRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Where something stands: absolute path of the file and range in it. */
export interface SourcePlace {
  readonly file: string;
  readonly range: SourceRange;
}

/** A value as written, with names resolved and quantities converted (1% → 0.01, 2 kb → 2000). */
export type WrittenValue =
  number | string | boolean | readonly WrittenValue[] | WrittenCall | WrittenName | WrittenRecord | WrittenAmount;

/** A call to a catalog entry; `arguments` holds only what the text gives, keyed by parameter. */
export interface WrittenCall {
  readonly form: 'call';
  readonly name: string;
  readonly category: Category;
  readonly arguments: { readonly [parameter: string]: WrittenValue };
}

/** The name of a declaration, by its id. */
export interface WrittenName {
  readonly form: 'name';
  readonly id: string;
}

export interface WrittenRecord {
  readonly form: 'record';
  readonly entries: { readonly [key: string]: WrittenValue };
}

/** `10%` or `1.0 alleles` */
export interface WrittenAmount {
  readonly form: 'amount';
  readonly amount: Amount;
}

/** `head of subjects on data | stages` */
export interface WrittenPipeline {
  readonly head: WrittenCall | WrittenName;
  readonly of: readonly (WrittenCall | WrittenName)[];
  readonly on?: WrittenCall | WrittenName;
  readonly stages: readonly WrittenCall[];
}

export interface Declaration {
  /** Unique over all files: `<absolute path>#<name>`. */
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly documentation?: string;
  readonly place: SourcePlace;
  /** Path of the folder against which the declaration's file names are resolved: that of its own file. */
  readonly folder: string;
  readonly value: WrittenPipeline;
  /** For attributions: what kind of map, or other form, results. */
  readonly map?: Form;
}

export interface WrittenExpectation {
  /** Id of the metric's declaration. */
  readonly metric: string;
  readonly statistic: string;
  readonly comparison:
    | { readonly is: '<' | '<=' | '>' | '>='; readonly bound: number }
    | { readonly is: 'in'; readonly low: number; readonly high: number };
  /** Confidence of `at`, as a fraction. */
  readonly confidence?: number;
  readonly place: SourcePlace;
  /** The line as written, for reports. */
  readonly text: string;
}

export interface WrittenView {
  readonly call: WrittenCall;
  readonly place: SourcePlace;
}

export interface Experiment {
  /** Absolute path of the experiment's file. */
  readonly file: string;
  /** The experiment's own declarations and those of its imports that they use, each before its first use. */
  readonly declarations: readonly Declaration[];
  readonly expectations: readonly WrittenExpectation[];
  readonly views: readonly WrittenView[];
  readonly exports: readonly WrittenView[];
}
