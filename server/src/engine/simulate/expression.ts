/**
 * Gene expression by latent Dirichlet allocation: a sample is a mixture of groups of genes, a group a mixture of genes. Bontonou
 * et al. 2023, arXiv 2303.11336; model of Blei, Ng & Jordan 2003, J. Mach. Learn. Res. 3:993.
 *
 * Published code draws a group for each read and then a gene; both draws are one multinomial with probabilities θ·B, which
 * has the same law and takes a thousandth of the time.
 */
import { createHash } from 'node:crypto';
import type { simulate_expression as specification } from '../../catalog/simulators.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { FeatureTruth, Origin, Rows } from '../data/examples.js';
import type { Source } from '../data/source.js';
import { Failure } from '../failure.js';
import { binomial, dirichlet, multinomial } from '../random/distributions.js';
import { Stream } from '../random/philox.js';
import { MOST_VALUES } from './genotypes.js';

type Parameters = ParametersOf<typeof specification>;

/** Reads of a sample. */
const READS = 1_500_000;
/** Concentration of a group in a sample, and by how much more an over-expressed one has. */
const CONCENTRATION = 4;
const OVER_EXPRESSION = 2;
/** Concentration of a gene in its group. */
const GENE_CONCENTRATION = 5;
/** The least weight of a gene in an over-expressed group, times the number of its genes. */
const LEAST_WEIGHT = 0.1;
const LEAST_GENES = 3;

/** How genes belong to groups. */
type Membership =
  /** Blocks of neighbours, without overlap. */
  | { readonly blocks: number }
  /** Pairs of neighbours, each sharing a gene with the next; in a ring, the last with the first. */
  | { readonly chain: 'open' | 'ring' }
  /** Each gene in each group at random, so many in a group on average. */
  | { readonly random: number };

interface Configuration {
  /** Sub-classes of each class; the label is the class. */
  readonly classes: readonly number[];
  readonly genes: number;
  readonly groups: number;
  readonly membership: Membership;
  /** Over-expressed groups of each sub-class. */
  readonly over: number;
  /** Samples of all classes where the experiment says nothing. */
  readonly samples: number;
  /** Share of the samples that each sub-class has; equal where absent. */
  readonly shares?: readonly number[];
}

const singles = (count: number): readonly number[] => Array.from({ length: count }, () => 1);

const CONFIGURATIONS: Readonly<Record<Parameters['configuration'], (value: number) => Configuration>> = {
  demo: () => ({ classes: [1, 1], genes: 60, groups: 6, membership: { blocks: 10 }, over: 2, samples: 600 }),
  quick: () => ({ classes: singles(5), genes: 1500, groups: 150, membership: { blocks: 10 }, over: 15, samples: 1000 }),
  quick_overlap: () => ({
    classes: singles(5),
    genes: 1500,
    groups: 300,
    membership: { random: 10 },
    over: 15,
    samples: 1000,
  }),
  simu1: () => ({
    classes: singles(33),
    genes: 15_000,
    groups: 1500,
    membership: { blocks: 10 },
    over: 37,
    samples: 9900,
  }),
  simu2: () => ({
    classes: singles(33),
    genes: 15_000,
    groups: 3000,
    membership: { random: 10 },
    over: 37,
    samples: 9900,
  }),
  simu_a: () => large([1, 1]),
  simu_b: () => large([3, 1]),
  simu_c: () => large([5, 1]),
  set0: () => ({ classes: singles(3), genes: 6, groups: 3, membership: { blocks: 2 }, over: 1, samples: 600 }),
  set1: () => ({ classes: singles(3), genes: 26, groups: 13, membership: { blocks: 2 }, over: 1, samples: 600 }),
  set4: () => ({ classes: singles(3), genes: 3, groups: 3, membership: { chain: 'ring' }, over: 1, samples: 600 }),
  set5: () => ({ classes: singles(3), genes: 4, groups: 3, membership: { chain: 'open' }, over: 1, samples: 600 }),
  syn_g: value => ({
    ...syn(10, 10),
    classes: [value, 1],
    // Published for 5 and 10 sub-classes: half of the samples are of the second class.
    ...(value >= 5 && { shares: [...Array.from({ length: value }, () => 0.5 / value), 0.5] }),
  }),
  syn_t: value => syn(value, 1),
  syn_p: value => syn(10, value),
};

function large(classes: readonly number[]): Configuration {
  return { classes, genes: 50_000, groups: 5000, membership: { blocks: 10 }, over: 500, samples: 1200 };
}

function syn(blocks: number, over: number): Configuration {
  return {
    classes: [1, 1],
    genes: 2000,
    groups: Math.floor(2000 / blocks),
    membership: { blocks },
    over,
    samples: 600,
  };
}

/** Genes that a group has, and their weights. */
interface Group {
  readonly genes: readonly number[];
  readonly weights: Float64Array;
}

/** @throws Failure for a value that is missing or makes no configuration, and for too many samples */
function configurationOf({ configuration: name, value, samples }: Parameters): Configuration {
  const isFamily = name.startsWith('syn_');
  if (isFamily !== (value !== undefined))
    throw new Failure(
      'simulate/configuration',
      isFamily ? `\`${name}\` is a family, and \`value\` is missing` : `\`${name}\` takes no \`value\``,
      { remedy: isFamily ? `Write for example \`configuration: ${name}, value: 5\`.` : 'Leave it out.' },
    );
  const standard = CONFIGURATIONS[name](value ?? 0);
  const configuration = { ...standard, samples: samples ?? standard.samples };
  const kinds = subclassesOf(configuration).length;
  if (kinds * configuration.over > configuration.groups)
    throw new Failure(
      'simulate/configuration',
      `${kinds} sub-classes with ${configuration.over} over-expressed groups each need ${kinds * configuration.over} groups, there are ${configuration.groups}`,
      { remedy: 'Choose a smaller `value`.' },
    );
  // Of so many, the smallest sub-class has one.
  const least = Math.round(1 / Math.min(...sharesOf(configuration)));
  if (configuration.samples * configuration.genes > MOST_VALUES || configuration.samples < least)
    throw new Failure(
      'data/too-large',
      `${configuration.samples} samples × ${configuration.genes} genes are asked for, of ${kinds} sub-classes`,
      { remedy: `Ask for ${least} to ${Math.floor(MOST_VALUES / configuration.genes)} samples.` },
    );
  return configuration;
}

/** One entry for each sub-class: its class, and its name. */
function subclassesOf({ classes }: Configuration): { label: number; name: string }[] {
  return classes.flatMap((count, label) =>
    Array.from({ length: count }, (_, sub) => ({
      label,
      name: count === 1 ? `class ${label}` : `class ${label}/${sub}`,
    })),
  );
}

/** The genes of a group and their weights; drawn again until each gene of an over-expressed group weighs enough. */
function drawGroup(index: number, { genes, groups, membership, over, classes }: Configuration, seed: number): Group {
  const stream = new Stream(seed, 'simulate_expression group', { source: '0', index });
  const isOver = index < over * classes.reduce((sum, count) => sum + count, 0);
  for (;;) {
    const members = membersOf(index, groups, membership, genes, stream);
    const weights = dirichlet(
      stream,
      members.map(() => GENE_CONCENTRATION),
    );
    const size = 'random' in membership ? membership.random : members.length;
    if (!isOver || weights.every(weight => weight >= LEAST_WEIGHT / size)) return { genes: members, weights };
  }
}

function membersOf(index: number, groups: number, membership: Membership, genes: number, stream: Stream): number[] {
  if ('blocks' in membership) return Array.from({ length: membership.blocks }, (_, i) => index * membership.blocks + i);
  if ('chain' in membership) return [index, membership.chain === 'ring' && index === groups - 1 ? 0 : index + 1];
  for (;;) {
    const count = binomial(stream, genes, membership.random / genes);
    if (count >= LEAST_GENES) return stream.choose(genes, count);
  }
}

function sharesOf(configuration: Configuration): readonly number[] {
  const kinds = subclassesOf(configuration).length;
  return configuration.shares ?? Array.from({ length: kinds }, () => 1 / kinds);
}

/** Samples of each sub-class; what does not divide goes to the first ones. */
function sizesOf(configuration: Configuration): number[] {
  let share = 0;
  let given = 0;
  return sharesOf(configuration).map(own => {
    share += own;
    const size = Math.round(share * configuration.samples) - given;
    given += size;
    return size;
  });
}

/** All samples, class after class; counts per million reads. */
export function simulateExpression(parameters: Parameters): Rows {
  const { seed } = parameters;
  const configuration = configurationOf(parameters);
  const { genes, over } = configuration;
  const subclasses = subclassesOf(configuration);
  const groups = Array.from({ length: configuration.groups }, (_, index) => drawGroup(index, configuration, seed));
  const text = JSON.stringify(['simulate_expression', configuration, seed]);
  const source = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const values = new Float32Array(configuration.samples * genes);
  const names: string[] = [];
  const labels: number[] = [];
  const origins: Origin[] = [];
  const probabilities = new Float64Array(genes);
  sizesOf(configuration).forEach((size, subclass) => {
    const { label, name } = subclasses[subclass]!;
    const concentrations = groups.map(
      (_, group) => CONCENTRATION * (Math.floor(group / over) === subclass ? OVER_EXPRESSION : 1),
    );
    for (let sample = 0; sample < size; sample++) {
      const origin = { source, index: names.length };
      const stream = new Stream(seed, 'simulate_expression', origin);
      const shares = dirichlet(stream, concentrations);
      probabilities.fill(0);
      groups.forEach(({ genes: members, weights }, group) =>
        members.forEach((gene, i) => (probabilities[gene]! += shares[group]! * weights[i]!)),
      );
      const row = values.subarray(origin.index * genes, (origin.index + 1) * genes);
      multinomial(stream, READS, probabilities, row);
      for (let gene = 0; gene < genes; gene++) row[gene]! /= READS / 1_000_000;
      names.push(`${name} sample ${sample}`);
      labels.push(label);
      origins.push(origin);
    }
  });
  return {
    alphabet: 'expression',
    length: genes,
    features: Array.from({ length: genes }, (_, gene) => `gene ${gene}`),
    values,
    names,
    labels,
    origins,
    truth: truthOf(configuration, groups),
    notes: notesOf(genes, groups),
  };
}

/**
 * For each class (and each sub-class, where there are any) 1 at the genes of its over-expressed groups; `groups`: the number
 * of groups that a gene is in.
 */
function truthOf(configuration: Configuration, groups: readonly Group[]): FeatureTruth {
  const { classes, genes, over } = configuration;
  const subclasses = subclassesOf(configuration);
  const named = classes.map((_, label) => `class ${label}`);
  const columns = [...new Set([...named, ...subclasses.map(({ name }) => name)]), 'groups'];
  const values = new Float64Array(genes * columns.length);
  const set = (gene: number, column: string): void => {
    values[gene * columns.length + columns.indexOf(column)] = 1;
  };
  groups.forEach(({ genes: members }, group) => {
    const subclass = subclasses[Math.floor(group / over)];
    for (const gene of members) {
      values[(gene + 1) * columns.length - 1]!++;
      if (subclass === undefined) continue;
      set(gene, `class ${subclass.label}`);
      set(gene, subclass.name);
    }
  });
  return { columns, values };
}

function notesOf(genes: number, groups: readonly Group[]): Note[] {
  const expressed = new Set(groups.flatMap(group => group.genes)).size;
  if (expressed === genes) return [];
  return [
    {
      level: 'information',
      code: 'simulate/silent-genes',
      message: `${genes - expressed} of ${genes} genes are in no group and have no reads in any sample.`,
    },
  ];
}

export const simulateExpressionSource: Source<Parameters, Rows> = {
  async read(parameters) {
    return simulateExpression(parameters);
  },
  async describe(parameters) {
    const { samples, genes } = configurationOf(parameters);
    return {
      is: 'data',
      examples: samples,
      complete: true,
      alphabet: 'expression',
      length: [genes, genes],
      notes: [],
    };
  },
};
