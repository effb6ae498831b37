/**
 * Networks that follow biology: which features reach which unit of a masked layer, by a table of features and their groups, by gene
 * sets, or by where genes lie on the genome. Behind a masked layer its units are the features: variants → genes → pathways.
 */
import type { PlainCall, PlainValue } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { isAnnotation } from '../data/gff.js';
import { variantsByGene, type Place } from '../data/nearest-genes.js';
import { pathOf, type Files } from '../data/source.js';
import { Failure } from '../failure.js';
import { finder, membershipsIn } from '../methods/groups.js';
import { ACTIVATIONS } from '../models/network/activations.js';

/** The features of the data. */
export interface NamedFeatures {
  readonly length: number;
  readonly features: readonly string[];
  /** Where variants are, `20:61795`; an empty text, or none at the end, where that is not known. */
  readonly places?: readonly string[] | undefined;
}

/** What a masked layer is to look like, as the experiment says. */
interface Asked {
  readonly annotation: string;
  readonly units?: number;
  readonly within: number;
  readonly names?: string;
}

/** A network whose masked layers know their units. */
export interface Annotated {
  readonly network: PlainCall;
  /** 1 where a feature is in a group, [feature, group], by the name of the parameter. */
  readonly masks: ReadonlyMap<string, Float32Array>;
  /** What the units of masked layers stand for, by the names of the layers. */
  readonly units: Readonly<Record<string, readonly string[]>>;
  readonly notes: readonly Note[];
}

/** Groups and the indices of their features. */
type Groups = ReadonlyMap<string, readonly number[]>;

/** Features × groups: 1 GiB of float32. */
const MOST_CONNECTIONS = 2 ** 28;

/** Layers behind which every value still belongs to the feature, or the unit, that it belonged to before. */
const KEEPING: ReadonlySet<string> = new Set(
  ['dropout', 'batch_norm', 'graph_smoothing', ...Object.keys(ACTIVATIONS)].filter(name => name !== 'softmax'),
);

/**
 * Gives every masked layer of a network its units. Where the experiment does not say how many there are, they are the groups that
 * have a feature, and of these the ones that a masked layer behind them asks for.
 *
 * @throws Failure `network/annotation` for a table that does not fit, `network/features` where other layers mix the features before,
 * and what reading the files throws
 */
export async function annotate(network: PlainCall, features: NamedFeatures, files: Files): Promise<Annotated> {
  // The plan has checked the call against the catalog.
  const layers = network.parameters['layers'] as unknown as readonly PlainCall[];
  const masks = new Map<string, Float32Array>();
  const units: Record<string, readonly string[]> = {};
  const notes: Note[] = [];
  let before: NamedFeatures | undefined = features;
  let what = 'features';
  for (const [index, layer] of layers.entries()) {
    if (layer.call !== 'masked_dense') {
      if (!KEEPING.has(layer.call)) before = undefined;
      continue;
    }
    const name = `masked_dense_${masks.size + 1}`;
    if (before === undefined) throw notOnFeatures(name);
    // The plan has checked the parameters against the catalog.
    const asked = layer.parameters as unknown as Asked;
    const path = pathOf(asked.annotation, files);
    const all = await groupsFor(asked, path, before);
    const groups = asked.units === undefined ? await useful(all, layers.slice(index + 1), files) : all;
    if (asked.units !== undefined && asked.units !== groups.size) throw notSoMany(asked.units, groups.size, path);
    if (before.length * groups.size > MOST_CONNECTIONS) throw tooLarge(before.length, groups.size, name);
    const { mask, reached } = maskOf(groups, before.length);
    if (reached === 0) throw nothingReached(before, what, path);
    notes.push(...notesOf(name, { all, groups, reached, before: before.length, what }));
    const own: readonly string[] = [...groups.keys()];
    masks.set(`${name}/mask`, mask);
    units[name] = own;
    before = { length: own.length, features: own };
    what = `units of ${name}`;
  }
  return { network: withUnits(network, units), masks, units, notes };
}

/** A network whose masked layers have as many units as there are names for them. */
export function withUnits(network: PlainCall, units: Annotated['units']): PlainCall {
  let masked = 0;
  const layers = (network.parameters['layers'] as unknown as readonly PlainCall[]).map(layer => {
    if (layer.call !== 'masked_dense') return layer;
    const names = units[`masked_dense_${++masked}`];
    return names === undefined ? layer : { ...layer, parameters: { ...layer.parameters, units: names.length } };
  });
  // Calls are plain values; their type has no index signature.
  return { ...network, parameters: { ...network.parameters, layers: layers as unknown as PlainValue } };
}

/** The groups of a table in the order in which it first names them, or the genes of an annotation in that of the genome. */
async function groupsFor({ within, names }: Asked, path: string, of: NamedFeatures): Promise<Groups> {
  if (await isAnnotation(path)) {
    if (of.places === undefined)
      throw new Failure(
        'network/annotation',
        'an annotation of a genome is for variants, and where these features are is not known',
        {
          place: path,
          remedy: 'Read genotypes with `plink`, or give a table of features and their groups.',
        },
      );
    return variantsByGene(
      path,
      Array.from({ length: of.length }, (_, at) => placeOf(of.places?.[at] ?? '')),
      within,
      names,
    );
  }
  const find = finder(of);
  const groups = new Map<string, Set<number>>();
  for (const { feature, group } of await membershipsIn(path)) {
    const members = groups.get(group) ?? new Set();
    groups.set(group, members);
    for (const one of find(feature)) members.add(one);
  }
  return new Map([...groups].map(([group, members]) => [group, [...members]]));
}

/** The place of a variant that is written as chromosome, colon and base from 1. */
function placeOf(text: string): Place | undefined {
  const at = text.lastIndexOf(':');
  const base = Number(text.slice(at + 1));
  return at > 0 && base > 0 ? { chromosome: text.slice(0, at), start: base - 1, end: base } : undefined;
}

/** Groups that have a feature and that the next masked layer, where one follows, knows: no other can change the output. */
async function useful(groups: Groups, behind: readonly PlainCall[], files: Files): Promise<Groups> {
  const next = behind.find(({ call }) => !KEEPING.has(call));
  const path = next?.call === 'masked_dense' ? pathOf(next.parameters['annotation'] as string, files) : undefined;
  // Of an annotation of a genome, which is for no units, its own layer tells what is wrong.
  const wanted =
    path === undefined || (await isAnnotation(path))
      ? undefined
      : new Set((await membershipsIn(path)).map(({ feature }) => feature));
  const chosen = [...groups].filter(([group, members]) => members.length > 0 && (wanted?.has(group) ?? true));
  // Where none is left, the error is about the next layer's table.
  return new Map(chosen.length > 0 ? chosen : [...groups].filter(([, members]) => members.length > 0));
}

function maskOf(groups: Groups, features: number): { readonly mask: Float32Array; readonly reached: number } {
  const mask = new Float32Array(features * groups.size);
  const reached = new Set<number>();
  [...groups.values()].forEach((members, unit) => {
    for (const feature of members) {
      mask[feature * groups.size + unit] = 1;
      reached.add(feature);
    }
  });
  return { mask, reached: reached.size };
}

interface Found {
  readonly all: Groups;
  readonly groups: Groups;
  readonly reached: number;
  readonly before: number;
  readonly what: string;
}

function notesOf(name: string, { all, groups, reached, before, what }: Found): Note[] {
  const lost = before - reached;
  const empty = [...groups.values()].filter(({ length }) => length === 0).length;
  const left = all.size - groups.size;
  const parts = [
    ...(lost > 0 ? [`${lost} of ${before} ${what} are in no group and do not reach the network`] : []),
    ...(left > 0
      ? [`${left} of ${all.size} groups were left out: no feature reaches them, or they reach no group behind them`]
      : []),
    ...(empty > 0 ? [`${empty} of ${groups.size} groups have no feature`] : []),
  ];
  if (parts.length === 0) return [];
  return [
    {
      level: lost > 0 ? 'warning' : 'information',
      code: 'network/annotation',
      message: `${name}: ${parts.join('; ')}.`,
    },
  ];
}

const notOnFeatures = (name: string): Failure =>
  new Failure('network/features', 'the layer looks at the features of the data, and others mix them before', {
    place: `${name} of the network`,
    remedy: 'Put it in front of them, or behind another masked layer whose groups its table names.',
  });

const notSoMany = (units: number, groups: number, place: string): Failure =>
  new Failure('network/annotation', `the layer has ${units} units, and the table has ${groups} groups`, {
    place,
    remedy: `Write units: ${groups}, or leave it out.`,
  });

const tooLarge = (features: number, groups: number, name: string): Failure =>
  new Failure('train/size', `${features} features × ${groups} groups are more weights than are kept in memory`, {
    place: `${name} of the network`,
    remedy: 'Take fewer variants (a region, chromosomes, a smallest frequency), or sets of fewer genes behind it.',
  });

const nothingReached = ({ features }: NamedFeatures, what: string, place: string): Failure =>
  new Failure('network/annotation', `no feature in the table is one of the ${what}`, {
    place,
    remedy: `These are such as ${features.slice(0, 3).join(', ')}; identifiers and symbols are not translated.`,
  });
