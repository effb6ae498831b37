/** The first experiment for a model, written from its header: complete, commented, without findings. */
import type { DataDescription, ModelDescription } from '../protocol.js';
import { quantity } from '../protocol.js';

export const READS = ['dna', 'genotypes', 'expression'] as const;
/** What a model reads. */
export type Reads = (typeof READS)[number];

export interface FirstModel {
  /** The call that opens it without its input, `onnx("model.onnx"`: more arguments follow. */
  readonly call: string;
  readonly description: ModelDescription;
  /** Classes of the file's own, and the Keras layers that they were taken for. */
  readonly guessed: Readonly<Record<string, string>>;
}

export interface FirstData {
  /** The call that reads it: `fasta("peaks.fa.gz")`. */
  readonly call: string;
  readonly description: DataDescription;
}

/** The explained input of a model: what it reads, and how much of it. */
export interface FirstInput {
  readonly reads: Reads;
  /** Positions, variants or genes; undefined where the model leaves it open. */
  readonly length: number | undefined;
  /** Its name, where the model has others beside it. */
  readonly name?: string;
}

/** Positions of the simulated sequences where the model leaves its length open. */
const OPEN_LENGTH = 1000;
/** Examples of the first run: enough for intervals, few enough to wait for. */
const EXAMPLES = 100;
/** Forward passes that mutagenesis may cost in the first run. */
const PASSES = 100_000;
/** Fewest examples over which an interval is given, and some. */
const FEWEST = 20;

/**
 * The input that an experiment can explain.
 *
 * @param wish what the user says that the model reads
 * @returns undefined where the model reads neither one-hot DNA nor one row of numbers
 */
export function firstInput({ dna, inputs }: ModelDescription, wish: Reads | undefined): FirstInput | undefined {
  const [input, ...others] = inputs;
  if (input === undefined) return undefined;
  if (dna && (wish ?? 'dna') === 'dna') return { reads: 'dna', length: numberOf(dna.length) };
  if (others.length > 0) {
    const found = inputs.flatMap(({ name, shape }) => {
      const axes = shape.slice(1).filter(axis => axis !== 1);
      const bases = axes.indexOf(4);
      return axes.length === 2 && bases >= 0 ? [{ name, length: numberOf(axes[1 - bases]) }] : [];
    });
    const [only, ...more] = found;
    return only && more.length === 0 ? { reads: 'dna', ...only } : undefined;
  }
  const features = input.shape.slice(1).reduce<number>((product, axis) => product * Number(axis), 1);
  if (wish === 'dna' || !Number.isInteger(features) || features < 1) return undefined;
  const named = /geno|snp|variant|dosage|allele/i.test(input.name) ? 'genotypes' : 'expression';
  return { reads: wish ?? named, length: features };
}

function numberOf(axis: number | string | undefined): number | undefined {
  return typeof axis === 'number' ? axis : undefined;
}

/**
 * The text of an experiment that runs as it is.
 *
 * @param data measured examples that the model reads; simulated ones stand in for them where there are none
 */
export function firstExperiment(model: FirstModel, input: FirstInput, data?: FirstData): string {
  const plan = plannedFor(model.description, input, data);
  return [
    '/// What does this model rely on, and can its explanation be believed?',
    '// Written by `xome init` from the header of the model; every line is meant to be changed.',
    '',
    modelLines(model, input, plan.length),
    '',
    targetLines(model.description),
    '',
    dataLines(input, plan, data),
    '',
    methodLines(input, plan),
    '',
    expectationLines(plan),
    '',
    `view heatmap(${plan.maps.join(', ')})`,
    ...(input.reads === 'dna' ? [`view logo(${plan.maps.join(', ')})`] : []),
    '',
  ].join('\n');
}

interface Plan {
  readonly length: number;
  readonly examples: number;
  /** Whether methods that differentiate can be used. */
  readonly differentiable: boolean;
  /** Whether every single position can be mutated in the time of a first run. */
  readonly mutable: boolean;
  /** Name of the explained data. */
  readonly data: string;
  /** Names of the two attributions. */
  readonly maps: readonly [string, string];
}

const DATA_NAMES = { dna: 'sequences', genotypes: 'people', expression: 'samples' } as const;

function plannedFor({ operators }: ModelDescription, { reads, length: known }: FirstInput, data?: FirstData): Plan {
  const measured = data?.description.length[0];
  const length = known ?? measured ?? OPEN_LENGTH;
  const differentiable = operators.every(({ gradient }) => gradient === 'exact');
  const affordable = Math.floor(PASSES / (3 * length));
  const mutable = reads === 'dna' && (affordable >= FEWEST || !differentiable);
  const examples = Math.max(FEWEST, Math.min(EXAMPLES, mutable || !differentiable ? affordable : EXAMPLES));
  const second = reads === 'dna' ? (mutable ? 'ism' : 'rules') : differentiable ? 'expected' : 'random';
  const first = differentiable ? 'ig' : 'windows';
  return { length, examples, differentiable, mutable, data: DATA_NAMES[reads], maps: [first, second] };
}

function modelLines({ call, description, guessed }: FirstModel, input: FirstInput, length: number): string {
  const { dna, inputs, outputs, parameters } = description;
  const shaped = (tensors: typeof inputs): string =>
    tensors.map(({ name, shape }) => `${name} ${shape.join(' × ')}`).join(', ');
  const alphabet = `${input.reads}(${length})`;
  const written =
    input.name === undefined
      ? `input: ${alphabet}`
      : `inputs: { ${inputs.map(({ name }) => `${label(name)}: ${name === input.name ? alphabet : 'zeros'}`).join(', ')} }`;
  const layout = dna?.ambiguous && input.reads === 'dna' ? `, layout: ${dna.layout}` : '';
  const classes = Object.entries(guessed).map(([own, layer]) => `${label(own)}: ${layer}`);
  const custom = classes.length > 0 ? `, custom_layers: { ${classes.join(', ')} }` : '';
  return [
    `// ${quantity(parameters, 'count')} parameters; reads ${shaped(inputs)}; gives ${shaped(outputs)}.`,
    ...(classes.length > 0
      ? [
          `// The file has layer classes of its own. They are taken for what they are called: check ${classes.join(', ')}.`,
        ]
      : []),
    ...(input.length === undefined ? [`// The model leaves its length open; here it is ${length}.`] : []),
    ...(input.name === undefined
      ? []
      : ['// The other inputs are held at zero; a number in place of `zeros` holds them there.']),
    ...(input.reads === 'dna' ? [] : [OTHER_ROWS[input.reads]]),
    `model  net   = ${call}, ${written}${layout}${custom})`,
  ].join('\n');
}

const OTHER_ROWS = {
  genotypes:
    '// One number per variant. If these are not counts of alleles, write `expression` in place of `genotypes`.',
  expression: '// One number per gene. If these are counts of alleles, write `genotypes` in place of `expression`.',
} as const;

/** A key of a record: a word as it is, anything else in quotes. */
function label(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function targetLines({ outputs, squashing }: ModelDescription): string {
  const units = outputs[0]?.shape.at(-1);
  const several = typeof units === 'number' && units > 1;
  const choices = [
    ...(outputs.length > 1 ? [`name: ${JSON.stringify(outputs[0]?.name ?? '')}`] : []),
    ...(several ? ['index: 0'] : []),
  ];
  const value = squashing
    ? `the value in front of the final ${squashing.operator}, where gradients do not vanish`
    : 'the output, for the model ends without sigmoid or softmax';
  return [
    `// The explained number: ${value}.`,
    ...(choices.length > 0
      ? [
          `// There are ${several ? quantity(units, 'count') : 'several'} to choose from: this is the first. \`true_class\` explains the class of each example.`,
        ]
      : []),
    `target score = logit${choices.length > 0 ? `(${choices.join(', ')})` : ''} of net`,
  ].join('\n');
}

function dataLines({ reads }: FirstInput, { length, examples, data: name }: Plan, data?: FirstData): string {
  if (data) {
    const { examples: found, complete } = data.description;
    const many = found > examples;
    return [
      `// ${complete ? '' : 'At least '}${quantity(found, 'count')} ${name} that the model can read${many ? '; a sample keeps the first run short' : ''}.`,
      `data   ${name} = ${data.call}${many ? ` | sample(${examples}, seed: 1)` : ''}`,
    ].join('\n');
  }
  const own = {
    dna: `fasta("sequences.fa.gz") | sample(${examples}, seed: 1)`,
    genotypes: `plink("cohort.bed") | sample(${examples}, seed: 1)`,
    expression: `table("samples.tsv", as: expression) | sample(${examples}, seed: 1)`,
  }[reads];
  // A motif must fit into the shortest window.
  const motif = 'TGASTCA'.slice(0, Math.max(1, Math.min(7, length - 2)));
  const simulated = `simulate_genotypes(people: ${examples}, variants: ${length}, seed: 1)`;
  const standIn = {
    dna: [
      `data   ${name} = simulate_motifs([${JSON.stringify(motif)}], sequences: ${examples}, length: ${length} bp, positives: 100%, seed: 1)`,
    ],
    genotypes: [`data   ${name} = ${simulated}`],
    expression: [`data   counts  = ${simulated}`, `data   ${name} = counts | standardise(by: counts)`],
  }[reads];
  return [
    '// No data beside the model fit it. These are simulated, so that the experiment runs at once and says nothing of biology.',
    `// Explain your own instead: data ${name} = ${own}`,
    ...standIn,
  ].join('\n');
}

function methodLines({ reads }: FirstInput, { differentiable, mutable, length, data, maps }: Plan): string {
  const window = Math.max(1, Math.min(10, Math.floor(length / 4)));
  const first = differentiable
    ? 'integrated_gradients(baseline: usual, steps: auto, tolerance: 1%)'
    : `occlusion(baseline: usual, window: ${window}${reads === 'dna' ? ' bp' : ''}, stride: ${Math.ceil(window / 2)})`;
  const second =
    reads === 'dna'
      ? mutable
        ? 'in_silico_mutagenesis'
        : 'deep_lift(baseline: usual)'
      : differentiable
        ? `expected_gradients(baseline: samples(of: ${data}, copies: 50, seed: 1), samples: 200, seed: 1)`
        : `occlusion(baseline: samples(of: ${data}, copies: 5, seed: 1), window: ${window}, stride: ${Math.ceil(window / 2)})`;
  const wide = Math.max(...maps.map(name => name.length));
  return [
    ...REFERENCES[reads],
    `reference usual = ${reads === 'dna' ? 'dinucleotide_shuffle(copies: 5, seed: 1)' : `${reads === 'genotypes' ? 'mode' : 'mean'}(of: ${data})`}`,
    '',
    ...(differentiable ? [] : ['// The model has operators without a gradient: both methods run it forward only.']),
    reads === 'dna'
      ? `// Two methods that rest on different assumptions: ${differentiable ? 'a path from the reference' : 'windows from the reference'}, and ${mutable ? 'single substitutions' : 'rules that hand differences back'}.`
      : '// The same against one reference and against a distribution of them: what only one of them shows is the choice.',
    `attribution ${maps[0].padEnd(wide)} = ${first} of score on ${data}`,
    ...(maps[1] === 'expected'
      ? ['/// Absent features are drawn from the reference whatever the others are: the marginal game.']
      : []),
    `attribution ${maps[1].padEnd(wide)} = ${second} of score on ${data}`,
  ].join('\n');
}

const REFERENCES = {
  dna: ['// Shuffled sequences keep the dinucleotides and lose the motifs. Contributions are differences from them.'],
  genotypes: ['// The most frequent genotypes: a person who could be. Contributions are differences from that person.'],
  expression: [
    '// The mean sample. Contributions are differences from it; take that of the training data where you have them.',
  ],
} as const;

/** Three claims that can fail: the map is computed rightly, another method sees the same, and what it names matters to the model. */
function expectationLines({ differentiable, data, maps: [first, second] }: Plan): string {
  const sums = [
    '// 1. The contributions sum to f(x) − f(reference). If not, the map is wrong, whatever it looks like.',
    `metric gap = completeness of ${first}`,
    'expect gap.max < 1%',
  ];
  const level = [
    '// 1. The model tells the examples apart. If not, there is nothing to explain.',
    `metric level = prediction_summary of score on ${data}`,
    'expect level.sd > 0.1 at 95%',
  ];
  return [
    '// Three claims. Thresholds are yours to set; a run fails when one is not met.',
    '// xome-ignore-file GA018: the claims are about this network',
    ...(differentiable ? sums : level),
    '',
    '// 2. The methods agree on the top features. Unrelated maps share 10 % of them.',
    `metric agree = rank_agreement(top: 10%) of ${first}, ${second}`,
    'expect agree.median > 30% at 95%',
    '',
    '// 3. Replacing the features of the largest scores lowers the target more than replacing any: random orders are the control.',
    `metric control = deletion(baseline: usual, seed: 1) of ${first}`,
    'expect control.over_random > 0 at 95%',
  ].join('\n');
}
