/**
 * What results will be before there are any: how many examples of which length, the shape of a map, the unit of a metric. Told
 * from the text and from the headers that the checks have read; what neither says stays open.
 */
import { findEntry, isMap } from '../catalog/index.js';
import type { Declaration, Experiment, WrittenCall } from '../language/experiment.js';
import { plainCall } from '../language/headers.js';
import { combinations } from '../plan/combinations.js';
import type { DataDescription, Description } from '../protocol.js';
import { quantity } from '../protocol.js';
import { counted } from './values.js';
import { numberOf, valueOf, writtenExamples } from './written.js';

export interface Shape {
  readonly words: string;
  readonly tooltip: string;
}

/** The header that a call names, where it has been read. */
export type KnownHeader = (call: HeaderCall, folder: string) => Description | undefined;
type HeaderCall = NonNullable<ReturnType<typeof plainCall>>;

/** Shapes of experiments, told once for each text and all that is known of files. */
export class KnownShapes {
  private readonly headers = new Map<string, Description>();
  /** Forgotten whenever more is known of a file. */
  private told = new WeakMap<Experiment, ReadonlyMap<string, Shape>>();

  /** The header that a call names has been read. */
  learn(call: HeaderCall, folder: string, description: Description): void {
    const key = JSON.stringify([call, folder]);
    if (this.headers.get(key) === description) return;
    this.headers.set(key, description);
    this.told = new WeakMap();
  }

  of(experiment: Experiment): ReadonlyMap<string, Shape> {
    const told = this.told.get(experiment);
    if (told) return told;
    const shapes = shapesOf(experiment, (call, folder) => this.headers.get(JSON.stringify([call, folder])));
    this.told.set(experiment, shapes);
    return shapes;
  }
}

/** By name of the declaration; those of which nothing is known are absent. */
export function shapesOf(experiment: Experiment, header: KnownHeader): ReadonlyMap<string, Shape> {
  const reader = new Shapes(experiment, header);
  const shapes = new Map<string, Shape>();
  for (const declaration of experiment.declarations) {
    const shape = reader.of(declaration);
    if (shape) shapes.set(declaration.name, shape);
  }
  return shapes;
}

/** Examples, features of each, and what a feature is called; undefined where it is not known. */
interface Size {
  readonly examples: number | undefined;
  readonly features: string | undefined;
  readonly alphabet: string | undefined;
}

class Shapes {
  private readonly byId: ReadonlyMap<string, Declaration>;

  constructor(
    private readonly experiment: Experiment,
    private readonly header: KnownHeader,
  ) {
    this.byId = new Map(experiment.declarations.map(declaration => [declaration.id, declaration]));
  }

  of(declaration: Declaration): Shape | undefined {
    switch (declaration.kind) {
      case 'data':
        return this.data(declaration);
      case 'attribution':
        return this.attribution(declaration);
      case 'metric':
        return this.metric(declaration);
      case 'ensemble':
        return this.ensemble(declaration);
      case 'benchmark':
        return benchmarkShape(declaration);
      default:
        return undefined;
    }
  }

  private data(declaration: Declaration): Shape | undefined {
    const { examples, features, alphabet } = this.size(declaration);
    if (examples === undefined && features === undefined) return undefined;
    const unit = alphabet === 'dna' ? 'nt' : `${findEntry('alphabet', alphabet ?? '')?.feature ?? 'feature'}s`;
    return {
      words: `${examples === undefined ? '?' : quantity(examples, 'count')} × ${features ?? '?'} ${unit}`,
      tooltip: 'Examples × length, as text and headers say. Nothing has been read yet.',
    };
  }

  private attribution({ map, value }: Declaration): Shape | undefined {
    if (map === undefined) return undefined;
    const data = this.explained(value);
    const { examples, features, alphabet } = data
      ? this.size(data)
      : { examples: undefined, features: undefined, alphabet: undefined };
    const axes = [examples === undefined ? undefined : quantity(examples, 'count'), features];
    const letters = alphabet === 'dna' ? ['4'] : [];
    const known = isMap(map) && axes.some(axis => axis !== undefined);
    return {
      words: known ? `${map}, ${[...axes.map(axis => axis ?? '?'), ...letters].join(' × ')}` : map,
      tooltip: known
        ? `Kind of map, and its axes: example, position${letters.length > 0 ? ', base' : ''}. It has not been computed yet.`
        : 'What it makes. It has not been computed yet.',
    };
  }

  private metric({ id, value: { head } }: Declaration): Shape | undefined {
    const entry = head.form === 'call' ? findEntry('metric', head.name) : undefined;
    if (entry === undefined) return undefined;
    const name = this.experiment.expectations.find(({ metric }) => metric === id)?.statistic ?? entry.headline;
    const statistic = entry.statistics[name];
    if (statistic === undefined) return undefined;
    const better = statistic.better === 'neither' ? '' : `, ${statistic.better} is better`;
    return {
      words: `${name}: ${statistic.unit}${better}`,
      tooltip: `${statistic.summary} ${statistic.interval ? `Interval over ${entry.unit}.` : 'No interval.'} It has not been measured yet.`,
    };
  }

  private ensemble({ value: { head } }: Declaration): Shape | undefined {
    const training = head.form === 'call' ? head : this.byId.get(head.id)?.value.head;
    if (training?.form !== 'call') return undefined;
    const [members, epochs] = ['members', 'epochs'].map(name => numberOf(valueOf(training, name)));
    if (members === undefined || epochs === undefined) return undefined;
    return {
      words: `${counted(members, 'network')}, ${counted(epochs, 'epoch')}`,
      tooltip: 'Networks, and the most epochs of each. They have not been trained yet.',
    };
  }

  /** The data that an attribution explains, its own or those of the attribution that it goes on from. */
  private explained(value: Declaration['value'], depth = 0): Declaration | undefined {
    if (value.on?.form === 'name') return this.byId.get(value.on.id);
    const earlier = value.head.form === 'name' && depth < this.byId.size ? this.byId.get(value.head.id) : undefined;
    return earlier?.kind === 'attribution' ? this.explained(earlier.value, depth + 1) : undefined;
  }

  private size(declaration: Declaration): Size {
    const chain = this.chain(declaration);
    const origin = chain.at(-1) ?? declaration;
    const { head } = origin.value;
    const source = head.form === 'call' ? head : undefined;
    const described = source && this.described(source, origin.folder);
    const resized = chain.some(({ value }) =>
      value.stages.some(({ name }) => findEntry('stage', name)?.resizes === true),
    );
    const read = described?.complete === true ? described.examples : undefined;
    return {
      examples: writtenExamples(
        declaration,
        id => this.byId.get(id),
        () => read,
      ),
      features: resized ? undefined : ((source && writtenLength(source)) ?? (described && lengthWords(described))),
      alphabet: described?.alphabet ?? (source && findEntry('source', source.name)?.yields),
    };
  }

  /** A data set and those that it goes on from, the last of which has a source. */
  private chain(declaration: Declaration): Declaration[] {
    const chain = [declaration];
    for (let { head } = declaration.value; head.form === 'name' && chain.length <= this.byId.size;) {
      const earlier = this.byId.get(head.id);
      if (earlier === undefined) break;
      chain.push(earlier);
      ({ head } = earlier.value);
    }
    return chain;
  }

  private described(source: WrittenCall, folder: string): DataDescription | undefined {
    const call = plainCall(source, id => {
      const head = this.byId.get(id)?.value.head;
      return head?.form === 'call' ? head : undefined;
    });
    const found = call && this.header(call, folder);
    return found?.is === 'data' ? found : undefined;
  }
}

function benchmarkShape({ value: { head, of, on } }: Declaration): Shape | undefined {
  if (head.form !== 'call' || !on) return undefined;
  const cells = combinations(head, of, on);
  const metrics = new Set(cells.map(({ metric }) => JSON.stringify(metric))).size;
  if (metrics === 0) return undefined;
  return {
    words: `${counted(cells.length / metrics, 'combination')} × ${counted(metrics, 'metric')}`,
    tooltip:
      'Combinations of targets, methods, wrappers, corrections and data, each by every metric. Nothing has been computed yet.',
  };
}

function writtenLength(source: WrittenCall): string | undefined {
  const entry = findEntry('source', source.name);
  const length =
    entry?.size === undefined ? undefined : (source.arguments[entry.size] ?? entry.parameters[entry.size]?.default);
  return typeof length === 'number' ? quantity(length, 'count') : undefined;
}

function lengthWords({ length: [shortest, longest] }: DataDescription): string {
  return [...new Set([shortest, longest])].map(length => quantity(length, 'count')).join('–');
}
