/**
 * The vocabulary in which catalog entries are written: pure data that completion, signature help, hover, validation,
 * the reference documentation, the plan and the engine all read. Nothing here is executable.
 */

/** What a declaration can be, as its first word says. */
export const KINDS = [
  'model',
  'target',
  'genome',
  'data',
  'truth',
  'reference',
  'network',
  'ensemble',
  'method',
  'attribution',
  'metric',
  'benchmark',
] as const;
export type Kind = (typeof KINDS)[number];

/** What a catalog entry is; one name may stand in several categories (`uniform` is a reference and a policy). */
export type Category =
  | 'format'
  | 'alphabet'
  | 'target'
  | 'genome'
  | 'source'
  | 'stage'
  | 'truth'
  | 'reference'
  | 'method'
  | 'correction'
  | 'metric'
  | 'view'
  | 'export'
  | 'network'
  | 'layer'
  | 'training'
  | 'optimizer'
  | 'schedule'
  | 'benchmark'
  | 'keyword';

/** What the numbers of an attribution map mean; part of the map's type. */
export type MapKind = 'gradient' | 'contribution' | 'hypothetical' | 'effect';

/**
 * What a method yields: a map of the input, or another form. `activation`: values of a layer; `interaction`: one number for
 * each pair of features; `importance`: one number for each feature over the whole data set; `curve`: the prediction as a
 * function of a feature; `rule`, `edit`: conditions and changes in words and numbers; `pattern`: motifs of filters or of seqlets;
 * `seqlet`: windows of examples.
 */
export type Form =
  MapKind | 'activation' | 'interaction' | 'importance' | 'curve' | 'rule' | 'edit' | 'pattern' | 'seqlet';

export const MAP_KINDS: readonly Form[] = ['gradient', 'contribution', 'hypothetical', 'effect'] satisfies MapKind[];

/** Whether a method's result is a map of the input, to be corrected, compared and drawn as one. */
export function isMap(form: Form | undefined): form is MapKind {
  return form !== undefined && MAP_KINDS.includes(form);
}

/** A method's place among interpretable machine learning (Watson 2022, Human Genetics 141:1499). */
export interface Typology {
  readonly stage: 'intrinsic' | 'post hoc';
  /** `specific`: needs the network's graph; `agnostic`: only its predictions. */
  readonly model: 'specific' | 'agnostic';
  /** One example, or the data set as a whole. */
  readonly scope: 'local' | 'global';
  /** What has to hold for the numbers to mean what they are taken to mean. */
  readonly assumptions: string;
  /** What bounds the error: an identity, an interval, a p-value, or `none`. */
  readonly errorControl: string;
}

/** Units that a quantity may carry in the text; a bare number has none. */
export type Unit = 'bp' | 'kb' | 's' | 'min' | 'h' | 'alleles' | 'counts';

/** The type of a parameter's value. */
export type ValueType =
  | { readonly is: 'integer'; readonly min?: number; readonly max?: number; readonly unit?: Unit }
  | { readonly is: 'number'; readonly min?: number; readonly max?: number; readonly unit?: Unit }
  /** A percentage in the text (`1%`), a fraction in the plan (0.01). */
  | { readonly is: 'share'; readonly min?: number; readonly max?: number }
  /** How far a value is moved: a share of the input's range (`10%`), or so many units (`1.0 alleles`); an {@link Amount} in the plan. */
  | { readonly is: 'amount' }
  | { readonly is: 'text' }
  /** A file beside the experiment; the plan replaces it by the hash of its content. */
  | { readonly is: 'path'; readonly extensions: readonly string[] }
  /** A file to write, as the text names it: relative, and inside the workspace. */
  | { readonly is: 'output'; readonly extensions: readonly string[] }
  | { readonly is: 'truth' }
  | { readonly is: 'keyword'; readonly values: readonly string[] }
  /** A call to a catalog entry of this category, or the name of a declaration that holds one. */
  | { readonly is: 'call'; readonly category: Category }
  /** A call of a method that takes another method, without that parameter: `smooth_grad(samples: 50, noise: 10%)`. */
  | { readonly is: 'wrapper' }
  /** A bare word that names something, taken as text: a catalog entry, a declaration or a keyword. */
  | { readonly is: 'word' }
  /** The name of a declaration of this kind. */
  | { readonly is: 'declared'; readonly kind: Kind }
  | { readonly is: 'list'; readonly of: ValueType }
  | { readonly is: 'record'; readonly of: ValueType }
  | { readonly is: 'either'; readonly of: readonly ValueType[] };

/** A value in the plan: JSON without null. Calls and declarations are objects with one marked key. */
export type PlainValue = number | string | boolean | readonly PlainValue[] | { readonly [key: string]: PlainValue };

/** One parameter of an entry. The order of the parameters in an entry is their order in a call. */
export interface ParameterSpecification {
  readonly type: ValueType;
  /** One sentence: what it does, with its unit. */
  readonly summary: string;
  /** The value where the text gives none. A parameter without default and without `optional` must be given. */
  readonly default?: PlainValue;
  /** May be left out and then has no value. */
  readonly optional?: true;
  /** Takes all remaining positional arguments as a list; its type is that of one element. */
  readonly variadic?: true;
}

/** One number that a metric yields, to be named in `expect metric.statistic`. */
export interface StatisticSpecification {
  readonly summary: string;
  /** `share` statistics are fractions shown as percentages. */
  readonly unit: 'share' | 'degrees' | 'correlation' | 'logit' | 'count' | 'steps' | 'information' | 'number';
  readonly better: 'lower' | 'higher' | 'neither';
  /** Extremes and exact counts carry n and no interval. */
  readonly interval: boolean;
}

interface EntryBase {
  readonly name: string;
  /** One sentence for completion lists. */
  readonly summary: string;
  /** Markdown for hovers and the reference: what it computes, its assumptions and limits. */
  readonly documentation: string;
  /** The paper or specification that defines it. */
  readonly citation?: string;
  readonly parameters: { readonly [name: string]: ParameterSpecification };
  /** The inputs for which it is defined, by the names of their alphabets; all where absent. */
  readonly alphabets?: readonly string[];
  /** Raised whenever the same parameters would give other numbers: stored results of older revisions are not reused. */
  readonly revision: number;
}

export interface FormatEntry extends EntryBase {
  readonly category: 'format';
}
export interface AlphabetEntry extends EntryBase {
  readonly category: 'alphabet';
  /** The letters that a position is one-hot over; none where each feature is one number. */
  readonly letters: readonly string[];
  /** What one feature is called: `position`, `variant`, `gene`; also the parameter's unit in words. */
  readonly feature: string;
}
export interface TargetEntry extends EntryBase {
  readonly category: 'target';
}
/** What can stand in a `genome` declaration. */
export interface GenomeEntry extends EntryBase {
  readonly category: 'genome';
}
export interface SourceEntry extends EntryBase {
  readonly category: 'source';
  /** The alphabet of its examples; absent for any row of numbers. */
  readonly yields?: string;
  /** The parameter that says how long its examples are, where the text does. */
  readonly size?: string;
}
/** A step from data to data. `needsTarget`: it asks the model, so a target has to be named. */
export interface StageEntry extends EntryBase {
  readonly category: 'stage';
  /** Its examples have another number of features than those that it is given. */
  readonly resizes?: true;
}
/** What is known to be true of a data set (planted motifs); `of` names the data. */
export interface TruthEntry extends EntryBase {
  readonly category: 'truth';
}
export interface ReferenceEntry extends EntryBase {
  readonly category: 'reference';
}
export interface MethodEntry extends EntryBase {
  readonly category: 'method';
  /** `same`: what the method in the parameter `method` produces. */
  readonly produces: Form | 'same';
  readonly typology: Typology;
  /** The method claims that a map sums to f(x) − f(baseline), so `completeness` may be asked. */
  readonly complete: boolean;
  /** Stores multipliers and references beside the map, of which other kinds of map can be made. */
  readonly multipliers?: true;
  /** Cost in model passes for one example, in words for the hover. */
  readonly cost: string;
}

/** Whether a method explains with another one, its parameter `method`. */
export function isWrapper({ parameters }: MethodEntry): boolean {
  const type = parameters['method']?.type;
  return type?.is === 'call' && type.category === 'method';
}

export interface CorrectionEntry extends EntryBase {
  readonly category: 'correction';
  readonly accepts: readonly Form[];
  /** `same`: the kind that came in. */
  readonly produces: Form | 'same';
  /** Why the kinds that are not accepted are refused: the text of the type error. */
  readonly refusal: string;
  readonly keepsCompleteness: boolean;
  /** It is made of what a method stores beside its map: only directly behind a method with multipliers. */
  readonly ofMultipliers?: true;
}
export interface MetricEntry extends EntryBase {
  readonly category: 'metric';
  /** What may stand after `of`. */
  readonly subjects: {
    readonly kind: 'attribution' | 'target' | 'benchmark';
    readonly min: number;
    readonly max: number;
    /** The forms that it measures; maps of the input of any kind where absent. */
    readonly maps?: readonly Form[];
    /** Only maps of methods that claim completeness, before any correction. */
    readonly complete?: true;
    /** The subject is planned once more for every data set that the parameters `cohort`, `vary`, `values` and `repeats` describe. */
    readonly redrawn?: true;
  };
  /** Whether `on data` must be given (it may not otherwise). */
  readonly on: boolean;
  readonly statistics: { readonly [name: string]: StatisticSpecification };
  /** The statistic meant by `expect metric < v` and shown first. */
  readonly headline: string;
  /** The unit over which intervals are drawn, in words (`examples`). */
  readonly unit: string;
}
export interface ViewEntry extends EntryBase {
  readonly category: 'view';
}
export interface ExportEntry extends EntryBase {
  readonly category: 'export';
}
/** What can stand in a `network` declaration. */
export interface NetworkEntry extends EntryBase {
  readonly category: 'network';
}
export interface LayerEntry extends EntryBase {
  readonly category: 'layer';
}
/** What can stand in an `ensemble` declaration. */
export interface TrainingEntry extends EntryBase {
  readonly category: 'training';
}
export interface OptimizerEntry extends EntryBase {
  readonly category: 'optimizer';
}
export interface ScheduleEntry extends EntryBase {
  readonly category: 'schedule';
}
export interface BenchmarkEntry extends EntryBase {
  readonly category: 'benchmark';
}
export interface KeywordEntry extends EntryBase {
  readonly category: 'keyword';
}

export type Entry =
  | FormatEntry
  | AlphabetEntry
  | TargetEntry
  | GenomeEntry
  | SourceEntry
  | StageEntry
  | TruthEntry
  | ReferenceEntry
  | MethodEntry
  | CorrectionEntry
  | MetricEntry
  | ViewEntry
  | ExportEntry
  | NetworkEntry
  | LayerEntry
  | TrainingEntry
  | OptimizerEntry
  | ScheduleEntry
  | BenchmarkEntry
  | KeywordEntry;

/** A catalog call in the plan: every parameter that has a value, defaults filled in. */
export interface PlainCall {
  readonly call: string;
  readonly category: Category;
  readonly parameters: { readonly [name: string]: PlainValue };
}

/** A target with its model: what a forward pass needs to know. */
export interface PlainTarget {
  readonly target: PlainCall;
  readonly model: PlainCall;
}

/** What is known of a data set: the truth's call and the key of the data's result. */
export interface PlainTruth {
  readonly truth: PlainCall;
  readonly of: string;
}

/** How far a value is moved, as the plan writes it. */
export type Amount = { readonly share: number } | { readonly absolute: number; readonly unit: string };

/** The TypeScript type of a parameter's value in the plan; keeps an implementation true to its entry. */
export type ValueOf<T extends ValueType> = T extends { readonly is: 'integer' | 'number' | 'share' }
  ? number
  : T extends { readonly is: 'word' }
    ? string
    : T extends { readonly is: 'amount' }
      ? Amount
      : T extends { readonly is: 'text' | 'path' | 'output' }
        ? string
        : T extends { readonly is: 'truth' }
          ? boolean
          : T extends { readonly is: 'keyword'; readonly values: readonly (infer W)[] }
            ? W
            : T extends { readonly is: 'call' | 'wrapper' }
              ? PlainCall
              : T extends { readonly is: 'declared'; readonly kind: infer K }
                ? K extends 'target'
                  ? PlainTarget
                  : K extends 'truth'
                    ? PlainTruth
                    : string
                : T extends { readonly is: 'list'; readonly of: infer U extends ValueType }
                  ? readonly ValueOf<U>[]
                  : T extends { readonly is: 'record'; readonly of: infer U extends ValueType }
                    ? { readonly [key: string]: ValueOf<U> }
                    : T extends { readonly is: 'either'; readonly of: readonly (infer U extends ValueType)[] }
                      ? ValueOf<U>
                      : never;

type OneOrMany<P extends ParameterSpecification> = P extends { readonly variadic: true }
  ? readonly ValueOf<P['type']>[]
  : ValueOf<P['type']>;

type OptionalNames<E extends EntryBase> = {
  [K in keyof E['parameters']]: E['parameters'][K] extends { readonly optional: true } ? K : never;
}[keyof E['parameters']];

/** The parameters of an entry as its implementation receives them. */
export type ParametersOf<E extends EntryBase> = {
  readonly [K in Exclude<keyof E['parameters'], OptionalNames<E>>]: OneOrMany<E['parameters'][K]>;
} & {
  readonly [K in OptionalNames<E>]?: OneOrMany<E['parameters'][K]>;
};
