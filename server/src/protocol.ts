/**
 * Every message between client, language server, engine and webview: one schema each, from which type and validator
 * both come. Arrays never travel here; messages carry the key under which the result store holds them.
 */
import * as z from 'zod';

/** Any JSON value without null. */
export type Json = string | number | boolean | Json[] | { [key: string]: Json };
const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(json), z.record(z.string(), json)]),
);

/** SHA-256 as 64 hexadecimal digits. */
const key = z.string().regex(/^[0-9a-f]{64}$/);

const category = z.enum([
  'format',
  'alphabet',
  'target',
  'genome',
  'source',
  'stage',
  'truth',
  'reference',
  'method',
  'correction',
  'metric',
  'view',
  'export',
  'network',
  'layer',
  'training',
  'optimizer',
  'schedule',
  'benchmark',
  'keyword',
]);

/** A catalog call with all its parameters, as the plan writes it. A path parameter holds the hash of the file. */
export const Call = z.object({ call: z.string(), category, parameters: z.record(z.string(), json) });
export type Call = z.infer<typeof Call>;

export const Target = z.object({ target: Call, model: Call });
export type Target = z.infer<typeof Target>;

/** What one step computes. Keys name results of other steps. */
export const Task = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('data'),
    /** A source to read, or the key of a data set to go on from. */
    source: z.union([Call, key]),
    stages: z.array(Call),
  }),
  z.object({ kind: z.literal('attribution'), method: Call, target: Target, data: key }),
  /**
   * One network trained on the labels of a data set: that of a `member` of an ensemble, the first where none is given. With
   * `networks` the ensemble of these finished trainings.
   */
  z.object({
    kind: z.literal('training'),
    training: Call,
    data: key,
    member: z.number().int().min(1).optional(),
    networks: z.array(key).optional(),
  }),
  /** Results of metrics, gathered in one table. */
  z.object({
    kind: z.literal('benchmark'),
    cells: z.array(
      z.object({
        target: z.string(),
        method: z.string(),
        wrapper: z.string(),
        correction: z.string(),
        data: z.string(),
        metric: z.string(),
        /** One statistic of the metric; the headline stands in front of the others. */
        statistic: z.string(),
        /** Key of the metric's result, or why there is none. */
        result: z.union([z.object({ key }), z.object({ reason: z.string() })]),
      }),
    ),
  }),
  z.object({ kind: z.literal('correction'), correction: Call, attribution: key }),
  z.object({
    kind: z.literal('metric'),
    metric: Call,
    subjects: z.array(z.union([key, Target])),
    data: key.optional(),
    /** Results of this metric for single networks of an ensemble, in place of subjects: it is the mean over them. */
    networks: z.array(key).optional(),
  }),
]);
export type Task = z.infer<typeof Task>;

export const BACKENDS = ['onnxruntime', 'tfjs', 'reference'] as const;

/** How graphs are executed. */
export const ExecutorOptions = z.object({
  backend: z.enum(BACKENDS),
  /** Threads of the native runtime; 0 lets it choose. */
  threads: z.number().int().min(0),
});
export type ExecutorOptions = z.infer<typeof ExecutorOptions>;

/** An error a user can act on: what was found and expected, where, and what to do. */
export const Problem = z.object({
  /** Stable identifier, for example `model/unknown-operator`. */
  code: z.string(),
  message: z.string(),
  /** File, node or row at which it happened. */
  place: z.string().optional(),
  remedy: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** Something the reader of a result should know that is not an error. */
export const Note = z.object({ level: z.enum(['information', 'warning']), code: z.string(), message: z.string() });
export type Note = z.infer<typeof Note>;

// ---------------------------------------------------------------------------------------------- to the engine

/** Content hash → absolute path, for every path parameter in the message. */
const files = z.record(z.string(), z.string());

export const EngineRequest = z.discriminatedUnion('type', [
  /** Compute one step into the store. Steps it needs are complete. */
  z.object({
    type: z.literal('run'),
    id: z.number().int(),
    key,
    title: z.string(),
    task: Task,
    store: z.string(),
    files,
    executor: ExecutorOptions,
  }),
  /** Write complete results to a file outside the store. */
  z.object({
    type: z.literal('export'),
    id: z.number().int(),
    /** An entry of the category `export`; results stand in it by their keys. */
    call: Call,
    /** Absolute path of the file. */
    path: z.string(),
    store: z.string(),
    files,
    /** The experiment that asks for it: name and SHA-256 of its file. */
    experiment: z.object({ name: z.string(), sha256: z.string() }).optional(),
  }),
  /** Stop a run at the next batch; finished blocks stay. */
  z.object({ type: z.literal('cancel'), id: z.number().int() }),
  /** Read the header of a model (`format` call) or a data source (`source` call). */
  z.object({ type: z.literal('describe'), id: z.number().int(), call: Call, files }),
  z.object({ type: z.literal('exit') }),
]);
export type EngineRequest = z.infer<typeof EngineRequest>;

// -------------------------------------------------------------------------------------------- from the engine

/**
 * What a rule does with an operator. `exact`: as its paper states it; `rescale`: by differences from the reference;
 * `approximate`: by a convention, such as handing all to the maximum; `none`: nothing depends smoothly on its input.
 */
export const RuleStatus = z.enum(['exact', 'rescale', 'approximate', 'none', 'refused']);
export type RuleStatus = z.infer<typeof RuleStatus>;

/** Whether a rule is exact for an operator, or why it is refused; occurrences of one operator that differ stand apart. */
export const OperatorStatus = z.object({
  operator: z.string(),
  count: z.number().int(),
  /** Names of the nodes, where other nodes of the same operator have another status. */
  nodes: z.array(z.string()).optional(),
  /** Whether it can be computed at all. */
  known: z.boolean(),
  gradient: z.enum(['exact', 'refused']),
  /** By the method that the rules belong to. */
  rules: z.object({ deep_lift: RuleStatus, lrp: RuleStatus, guided_backpropagation: RuleStatus }).optional(),
  reason: z.string().optional(),
});
export type OperatorStatus = z.infer<typeof OperatorStatus>;

const axis = z.union([z.number().int(), z.string()]);
const tensorHeader = z.object({ name: z.string(), type: z.string(), shape: z.array(axis) });

export const ModelDescription = z.object({
  is: z.literal('model'),
  format: z.string(),
  producer: z.string().optional(),
  inputs: z.array(tensorHeader),
  outputs: z.array(tensorHeader),
  operators: z.array(OperatorStatus),
  parameters: z.number().int(),
  /** Activations in front of which `before(…)` can be asked, last first. */
  activations: z.array(z.object({ operator: z.string(), node: z.string() })),
  /** A final activation in front of which `logit` explains the value. */
  squashing: z.object({ operator: z.string(), node: z.string() }).optional(),
  /** Input positions that one position of the last convolution sees; absent where it sees all, or there is none. */
  receptiveField: z.number().int().optional(),
  /** Present when the model fits `dna(length)`. */
  dna: z
    .object({ length: axis, layout: z.enum(['channels_first', 'channels_last']), ambiguous: z.boolean() })
    .optional(),
  notes: z.array(Note),
});
export type ModelDescription = z.infer<typeof ModelDescription>;

export const DataDescription = z.object({
  is: z.literal('data'),
  /** Number of examples, or the number read when the file is too long to read in time. */
  examples: z.number().int(),
  complete: z.boolean(),
  /** Absent for rows of numbers of any kind. */
  alphabet: z.enum(['dna', 'genotypes', 'expression']).optional(),
  /** Shortest and longest example: positions of a sequence, or features of a row. */
  length: z.tuple([z.number().int(), z.number().int()]),
  notes: z.array(Note),
});
export type DataDescription = z.infer<typeof DataDescription>;

export const Description = z.discriminatedUnion('is', [ModelDescription, DataDescription]);
export type Description = z.infer<typeof Description>;

export const EngineMessage = z.discriminatedUnion('type', [
  /** First message of an engine: its self-test has passed. */
  z.object({ type: z.literal('ready'), versions: z.record(z.string(), z.string()) }),
  /** The self-test failed; the engine ends after this. */
  z.object({ type: z.literal('unusable'), problem: Problem }),
  z.object({
    type: z.literal('progress'),
    id: z.number().int(),
    done: z.number(),
    total: z.number(),
    /** What is counted: `examples`. */
    unit: z.string(),
    /** Model passes so far, where the step runs a model. */
    passes: z.number().optional(),
  }),
  z.object({ type: z.literal('finished'), id: z.number().int() }),
  /** An export is there, whole. */
  z.object({ type: z.literal('exported'), id: z.number().int(), paths: z.array(z.string()), notes: z.array(Note) }),
  z.object({ type: z.literal('cancelled'), id: z.number().int() }),
  z.object({ type: z.literal('failed'), id: z.number().int(), problem: Problem }),
  z.object({ type: z.literal('described'), id: z.number().int(), description: Description }),
]);
export type EngineMessage = z.infer<typeof EngineMessage>;

// ------------------------------------------------------------------------------- results as views receive them

/** A number with its interval, as metric results and expectations show it. */
export const Statistic = z.object({
  name: z.string(),
  summary: z.string(),
  value: z.number(),
  unit: z.enum(['share', 'degrees', 'correlation', 'logit', 'count', 'steps', 'information', 'number']),
  better: z.enum(['lower', 'higher', 'neither']),
  /** Number of units (examples) behind the value. */
  n: z.number().int(),
  /** 95 % interval; absent for extremes and counts, and below 10 units. */
  interval: z.tuple([z.number(), z.number()]).optional(),
  /** Why there is no interval although the statistic has one. */
  withheld: z.string().optional(),
});
export type Statistic = z.infer<typeof Statistic>;

/** A histogram with, where one is known, what chance would give. */
export const Distribution = z.object({
  title: z.string(),
  unit: z.string(),
  /** Bin borders, one more than counts. */
  edges: z.array(z.number()),
  counts: z.array(z.number()),
  /** Expected counts under the null. */
  expected: z.array(z.number()).optional(),
  /** What the null is, in words. */
  expectedTitle: z.string().optional(),
});
export type Distribution = z.infer<typeof Distribution>;

/** Numbers as functions of one, such as accuracy by the number of features kept. */
export const Curve = z.object({
  title: z.string(),
  /** Where the points lie. */
  x: z.object({ title: z.string(), unit: z.string(), values: z.array(z.number()) }),
  /** Unit of the values. */
  unit: z.string(),
  series: z.array(
    z.object({
      name: z.string(),
      /** At the points from the first on, as the limits around them; a series may end early. */
      values: z.array(z.number()),
      low: z.array(z.number()).optional(),
      high: z.array(z.number()).optional(),
    }),
  ),
});
export type Curve = z.infer<typeof Curve>;

export const Outcome = z.enum(['met', 'met, not shown', 'failed', 'not shown', 'not run']);
export type Outcome = z.infer<typeof Outcome>;

const resultAxis = z.object({ name: z.string(), size: z.number().int(), labels: z.array(z.string()).optional() });

/** Everything a view of one experiment shows, whole. Arrays are named and come beside it. */
export const Snapshot = z.object({
  version: z.literal(1),
  /** File name of the experiment. */
  file: z.string(),
  documentation: z.string().optional(),
  created: z.string(),
  versions: z.record(z.string(), z.string()),
  /** Text of the experiment. */
  source: z.string(),
  data: z.array(
    z.object({
      name: z.string(),
      key,
      examples: z.number().int(),
      /** What its examples are. */
      alphabet: z.enum(['dna', 'genotypes', 'expression']),
      /** Positions of a sequence, or features of a row. */
      length: z.number().int(),
      /** Names of the features of rows; absent for sequences. */
      features: z.array(z.string()).optional(),
      /** Where its variants are on the genome, `20:61795`; an empty text, or none at the end, where that is not known. */
      places: z.array(z.string()).optional(),
      /** The genes over its variants, `BRCA1`, or the nearest, `near BRCA1`; an empty text, or none at the end, without one. */
      genes: z.array(z.string()).optional(),
      names: z.array(z.string()),
      /** How many examples lie from one that is here to the next; 1 where it is absent. */
      step: z.number().int().optional(),
      labels: z.array(z.number()).optional(),
      /** Name of a uint8 array [example, position]: 0–3 for A, C, G, T, 4 for anything else. Only of sequences. */
      letters: z.string().optional(),
      notes: z.array(Note),
    }),
  ),
  maps: z.array(
    z.object({
      name: z.string(),
      key,
      kind: z.enum(['gradient', 'contribution', 'hypothetical', 'effect']),
      /** Its declaration as written, without the leading kind and name. */
      written: z.string(),
      documentation: z.string().optional(),
      /** Key of the data set that it explains; one of `data`. */
      data: key,
      unit: z.string(),
      /** Name of a float32 array [example, position]: position scores. */
      scores: z.string(),
      /** Name of a float32 array [example]: the target's value, where it is known. */
      predictions: z.string().optional(),
      /** Name of a float32 array [example, position, base]: the map itself, of hypothetical contributions. */
      bases: z.string().optional(),
      /** How far position scores differ between what the map is the mean of. */
      spread: z
        .object({
          /** Name of a float32 array [example, position]: standard deviations. */
          array: z.string(),
          over: z.enum(['members', 'references']),
          count: z.number().int(),
        })
        .optional(),
      seconds: z.number(),
      notes: z.array(Note),
    }),
  ),
  /** Results of methods that are no map of the input: curves, interactions, importances, layers, rules. */
  tables: z.array(
    z.object({
      name: z.string(),
      key,
      form: z.enum(['activation', 'interaction', 'importance', 'curve', 'rule', 'edit', 'pattern', 'seqlet']),
      written: z.string(),
      documentation: z.string().optional(),
      unit: z.string(),
      /** Axes of the array, the row axis first. */
      axes: z.array(resultAxis),
      /** Names of the first rows; as many are read. */
      rows: z.array(z.string()),
      /** Where its rows are on the genome, of variants whose places are known. */
      places: z.array(z.string()).optional(),
      /** The genes of its rows, as of data. */
      genes: z.array(z.string()).optional(),
      /** Name of a float32 array of these rows, row-major. */
      values: z.string(),
      /** Of motifs: what is drawn of each row. */
      motifs: z
        .object({
          /** Float32 arrays [row, position, base]: as the store names them, and as they are named here. */
          tracks: z.array(
            z.object({
              array: z.string(),
              name: z.string(),
              title: z.string(),
              is: z.enum(['contributions', 'probabilities']),
            }),
          ),
          rows: z.array(
            z.object({
              /** Positions that are not trimmed: [from, to). */
              from: z.number().int(),
              to: z.number().int(),
              /** Sequences that it is made of. */
              sites: z.number().optional(),
              /** The known motif that it is most like. */
              match: z.object({ id: z.string(), name: z.string(), q: z.number(), e: z.number() }).optional(),
            }),
          ),
        })
        .optional(),
      /** Name of a float32 array [row]: −log₁₀ p, where the method tests each row. */
      significance: z.string().optional(),
      /** Further arrays of the result that its picture needs: float32, of the same rows, with the axes behind these. */
      beside: z
        .array(z.object({ array: z.string(), name: z.string(), unit: z.string(), axes: z.array(resultAxis) }))
        .optional(),
      seconds: z.number(),
      notes: z.array(Note),
    }),
  ),
  /** Benchmarks: one row for each combination, one cell for each metric. */
  benchmarks: z.array(
    z.object({
      name: z.string(),
      key,
      written: z.string(),
      documentation: z.string().optional(),
      /** Lints of its own result and of those behind its cells. */
      notes: z.array(Note),
      metrics: z.array(
        z.object({
          name: z.string(),
          statistic: z.string(),
          unit: Statistic.shape.unit,
          better: Statistic.shape.better,
        }),
      ),
      rows: z.array(
        z.object({
          target: z.string(),
          method: z.string(),
          wrapper: z.string(),
          correction: z.string(),
          data: z.string(),
          /** In the order of `metrics`. */
          cells: z.array(
            z.union([
              z.object({
                key,
                value: z.number(),
                interval: z.tuple([z.number(), z.number()]).optional(),
                n: z.number(),
                /** Standard deviation over the networks of which the value is the mean. */
                spread: z.object({ deviation: z.number(), networks: z.number().int() }).optional(),
              }),
              z.object({ reason: z.string() }),
            ]),
          ),
        }),
      ),
    }),
  ),
  metrics: z.array(
    z.object({
      name: z.string(),
      key,
      written: z.string(),
      documentation: z.string().optional(),
      headline: z.string(),
      statistics: z.array(Statistic),
      distribution: Distribution.optional(),
      curve: Curve.optional(),
      notes: z.array(Note),
    }),
  ),
  expectations: z.array(
    z.object({
      text: z.string(),
      metric: z.string(),
      statistic: z.string(),
      outcome: Outcome,
      message: z.string(),
      /** Interval at the confidence of `at`, or the 95 % one. */
      interval: z.tuple([z.number(), z.number()]).optional(),
      confidence: z.number(),
      value: z.number().optional(),
      low: z.number().optional(),
      high: z.number().optional(),
    }),
  ),
  views: z.array(z.object({ call: z.string(), maps: z.array(z.string()) })),
  /** What a paper says of all this: sentences, an empty line, numbered references. */
  methods: z.string().optional(),
  /** Declarations without a result, and why. */
  missing: z.array(z.object({ name: z.string(), kind: z.string(), reason: z.string() })),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** Names of all arrays that a view of a snapshot draws. */
export function arrayNames({ data, maps, tables }: Pick<Snapshot, 'data' | 'maps' | 'tables'>): ReadonlySet<string> {
  return new Set([
    ...data.flatMap(({ letters }) => letters ?? []),
    ...maps.flatMap(({ scores, predictions, bases, spread }) =>
      [scores, predictions, bases, spread?.array].filter(name => name !== undefined),
    ),
    ...tables.flatMap(({ values, significance, beside, motifs }) =>
      [values, significance, ...[...(beside ?? []), ...(motifs?.tracks ?? [])].map(({ name }) => name)].filter(
        name => name !== undefined,
      ),
    ),
  ]);
}

/** Names of the results that one can be compared with: maps of the same sequences, metrics with a statistic in common. */
export function comparableWith({ data, maps, metrics }: Snapshot, name: string): string[] {
  const map = maps.find(one => one.name === name);
  const set = data.find(({ key }) => key === map?.data);
  if (map)
    return set?.letters === undefined ? [] : maps.filter(one => one.data === map.data && one !== map).map(namely);
  const metric = metrics.find(one => one.name === name);
  const statistics = new Set(metric?.statistics.map(({ name: of, unit }) => `${of} ${unit}`));
  return metrics
    .filter(one => one !== metric && one.statistics.some(({ name: of, unit }) => statistics.has(`${of} ${unit}`)))
    .map(namely);
}

const namely = ({ name }: { readonly name: string }): string => name;

/** The row of a benchmark with the best value of a column; undefined where nothing is better or all are equal. */
export function bestOf(
  { metrics, rows }: Pick<Snapshot['benchmarks'][number], 'metrics' | 'rows'>,
  column: number,
): number | undefined {
  const better = metrics[column]?.better;
  if (better === undefined || better === 'neither') return undefined;
  const sign = better === 'lower' ? -1 : 1;
  const values = rows.map(({ cells }) => {
    const cell = cells[column];
    return cell !== undefined && 'value' in cell ? sign * cell.value : -Infinity;
  });
  const top = Math.max(...values);
  return Number.isFinite(top) && values.filter(value => value === top).length < rows.length
    ? values.indexOf(top)
    : undefined;
}

/** How a statistic's value reads wherever people see it: `0.11 %`, `31.2°`, `9.07`, `9 312`. Not a number: `no value`. */
export function quantity(value: number, unit: Statistic['unit']): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'no value' : value > 0 ? '∞' : '−∞';
  switch (unit) {
    case 'share':
      return `${significant(100 * value, 3)}\u00a0%`;
    case 'degrees':
      return `${significant(value, 3)}°`;
    case 'information':
      return `${significant(value, 3)}\u00a0bit`;
    case 'correlation':
      return signed(value.toFixed(2));
    case 'logit':
    case 'number':
      return significant(value, 3);
    case 'count':
    case 'steps':
      return grouped(value);
  }
}

/** At most this many significant digits, never in powers of ten between 0.0001 and 999 999. */
function significant(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e6) return signed(value.toExponential(digits - 1).replace(/\.?0*e\+?/, 'e'));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return signed(String(Number(value.toFixed(decimals))));
}

/** A count with its thousands apart; what is not whole keeps one decimal. */
function grouped(value: number): string {
  const [whole = '', fraction] = Math.abs(value)
    .toFixed(Number.isInteger(value) ? 0 : 1)
    .split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return `${value < 0 ? '−' : ''}${spaced}${fraction === undefined ? '' : `.${fraction}`}`;
}

const signed = (text: string): string => text.replace('-', '−').replace('e-', 'e−');

// ------------------------------------------------------------------- between the editor and the language server

/**
 * How a declaration's result stands: `missing` (never computed), `waiting` and `running` (part of the present run), `done`
 * (of the present text), `stale` (of an earlier text), `failed` (the last run could not compute it).
 */
export const ResultState = z.enum(['missing', 'waiting', 'running', 'done', 'stale', 'failed']);
export type ResultState = z.infer<typeof ResultState>;

/** Zero-based, as LSP counts. */
const lspPosition = z.object({ line: z.number().int(), character: z.number().int() });
const lspRange = z.object({ start: lspPosition, end: lspPosition });

/** One declaration with a result, for decorations and the panel's headings. */
export const DeclarationMark = z.object({
  name: z.string(),
  kind: z.string(),
  /** Range of the whole declaration. */
  range: lspRange,
  state: ResultState,
  /** Share done, while running. */
  progress: z.number().optional(),
  /** Data URI of a heatmap strip, 14 px high, for attributions with a result; one for dark and one for light editors. */
  strip: z.object({ dark: z.string(), light: z.string() }).optional(),
});
export type DeclarationMark = z.infer<typeof DeclarationMark>;

/** What an editor shows of one document; whole, never a change. */
export const DocumentView = z.object({
  uri: z.string(),
  /** Version of the document that the marks belong to. */
  version: z.number().int(),
  /** Whether a run is under way for this document. */
  running: z.boolean(),
  /** Why nothing can run: restricted workspace, errors in the document. */
  blocked: z.string().optional(),
  marks: z.array(DeclarationMark),
  /** Absent while there is no result at all. Its arrays are read from the store at `store`. */
  snapshot: Snapshot.optional(),
  /** Folder that holds `.xome`. */
  store: z.string().optional(),
  /** Names in the snapshot whose results belong to an earlier text. */
  stale: z.array(z.string()),
});
export type DocumentView = z.infer<typeof DocumentView>;

/** Passed with `initialize`. */
export const ServerOptions = z.object({
  /** False in a restricted workspace: nothing runs and no header is read. */
  trusted: z.boolean(),
  /** Path of the Node that runs the engine; the editor's own when empty. */
  engineNode: z.string(),
  /** Threads of the native runtime; 0 lets it choose. */
  threads: z.number().int().min(0),
  /** Severity of lints by code, where it is not their own. */
  lints: z.record(z.string(), z.enum(['error', 'warning', 'info', 'hint', 'off'])).default({}),
});
export type ServerOptions = z.infer<typeof ServerOptions>;

const documentParams = z.object({ uri: z.string() });

/** One `expect` of a document, as a test. */
export const ExpectationMark = z.object({
  /** As it is written. */
  text: z.string(),
  range: lspRange,
  /** The declaration that has to be computed for it. */
  metric: z.string(),
  /** Absent while no result of the present text decides it. */
  outcome: Outcome.optional(),
  /** What was found, in words. */
  message: z.string().optional(),
});
export type ExpectationMark = z.infer<typeof ExpectationMark>;

/** An attribution of an open experiment that explains the rows of a data file. */
export const FileExplanation = z.object({
  /** Address of the experiment. */
  experiment: z.string(),
  name: z.string(),
  /** Its declaration as written, without the leading kind and name. */
  written: z.string(),
});
export type FileExplanation = z.infer<typeof FileExplanation>;

/** Rows that are asked for at once: more than a screen holds. */
export const MOST_PAINTED = 1_000;

/** Custom requests: method, what the client sends, what the server answers. */
export const EDITOR_REQUESTS = {
  /** Starts a run of a document, or of some of its declarations with what they need. */
  run: {
    method: 'xome/run',
    params: documentParams.extend({ only: z.array(z.string()).optional() }),
    result: z.object({ started: z.boolean(), reason: z.string().optional() }),
  },
  /** Stops the run of a document. Finished blocks are kept. */
  cancel: { method: 'xome/cancel', params: documentParams, result: z.object({ cancelled: z.boolean() }) },
  /** Everything to show of a document; null when it is no open experiment. */
  view: { method: 'xome/view', params: documentParams, result: DocumentView.nullable() },
  /** The expectations of a document in the order of the text; null when it is no open experiment. */
  expectations: {
    method: 'xome/expectations',
    params: documentParams,
    result: z.object({ running: z.boolean(), expectations: z.array(ExpectationMark) }).nullable(),
  },
  /** A result as text: a table with tabs, or the Python that loads it; null where there is no such result. */
  copy: {
    method: 'xome/copy',
    params: documentParams.extend({ name: z.string(), as: z.enum(['table', 'python']) }),
    result: z.object({ text: z.string() }).nullable(),
  },
  /** Markdown on what open experiments found about a row of a data file; null where they found nothing. */
  rowHover: {
    method: 'xome/rowHover',
    params: documentParams.extend({
      /** The names that the row may have, the likeliest first. */
      rows: z.array(z.string()),
      /** How many rows stand above it in the file, where that tells it for sure; names serve where it is not found. */
      index: z.number().int().min(0).optional(),
      /** The position of a sequence, from 0, of which to tell more. */
      position: z.number().int().min(0).optional(),
    }),
    result: z.object({ markdown: z.string() }).nullable(),
  },
  /** The present attributions of open experiments that explain sequences of a data file. */
  explanations: {
    method: 'xome/explanations',
    params: documentParams,
    result: z.object({ attributions: z.array(FileExplanation) }),
  },
  /** How one of them explains some of the sequences, such as those on screen; null where it is not present any more. */
  painted: {
    method: 'xome/painted',
    params: documentParams.extend({
      by: FileExplanation.pick({ experiment: true, name: true }),
      /** Positions [from, to) of each, which has one of these names. */
      rows: z
        .array(z.object({ names: z.array(z.string()), from: z.number().int().min(0), to: z.number().int().min(0) }))
        .max(MOST_PAINTED),
    }),
    result: z
      .object({
        /**
         * Of each row that was asked for: one letter per position, `a` speaks most against the target, `e` for neither, `i` most
         * for it; empty where nothing is known of it.
         */
        levels: z.array(z.string()),
      })
      .nullable(),
  },
  /** The catalog's library document, for definitions that lead there. */
  library: { method: 'xome/library', params: z.object({}), result: z.object({ text: z.string() }) },
} as const;

/** Custom notifications. */
export const EDITOR_NOTIFICATIONS = {
  /** Server → client: ask for the view of this document again. */
  changed: { method: 'xome/changed', params: documentParams },
  /** Client → server: the workspace was trusted, or a setting changed. */
  options: { method: 'xome/options', params: ServerOptions },
} as const;

// --------------------------------------------------------------------------- between the extension and the panel

/** Arrays of a snapshot by name, as they cross to the webview. */
const panelArray = z.object({ name: z.string(), type: z.enum(['float32', 'uint8']), data: z.instanceof(ArrayBuffer) });

export const ToPanel = z.discriminatedUnion('type', [
  /**
   * The whole view; arrays hold the first `names.length` rows of each data set. Those that the page got with the view before
   * are not sent again: it keeps what a view names, and forgets the rest.
   */
  z.object({ type: z.literal('view'), view: DocumentView, arrays: z.array(panelArray) }),
  /** The cursor stands in this declaration. */
  z.object({ type: z.literal('select'), name: z.string() }),
  /** Show what one result says more than another: two maps of the same examples, or two metrics with a statistic in common. */
  z.object({ type: z.literal('compare'), names: z.tuple([z.string(), z.string()]) }),
  /** Nothing to show, and why. */
  z.object({ type: z.literal('empty'), message: z.string() }),
]);
export type ToPanel = z.infer<typeof ToPanel>;

export const FromPanel = z.discriminatedUnion('type', [
  /** First message: the panel listens. Nothing is posted before it. */
  z.object({ type: z.literal('ready') }),
  /** Show this declaration in the editor. */
  z.object({ type: z.literal('reveal'), name: z.string() }),
  z.object({ type: z.literal('run'), only: z.array(z.string()).optional() }),
  z.object({ type: z.literal('cancel') }),
  /** Write the report of this experiment and open it. */
  z.object({ type: z.literal('report') }),
  /** Ask where to put a file of this name, and write it. */
  z.object({
    type: z.literal('save'),
    /** Without folders. */
    name: z.string().regex(/^[^\\/]+$/),
    content: z.union([z.string(), z.instanceof(Uint8Array<ArrayBuffer>)]),
  }),
  /** Put a text into the clipboard. */
  z.object({ type: z.literal('copy'), text: z.string() }),
]);
export type FromPanel = z.infer<typeof FromPanel>;
