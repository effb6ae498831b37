/**
 * Groups of features that are changed together: genes of a pathway, variants of an LD block, windows of a sequence. Every
 * feature is in exactly one group.
 */
import type { Note } from '../../protocol.js';
import { linesOf } from '../data/lines.js';
import { pathOf, unreadable, type Files } from '../data/source.js';
import { Failure } from '../failure.js';

/** The parameters `groups` (a record, or the hash of a file) and `window` as the plan writes them. */
export interface GroupParameters {
  readonly groups?: string | { readonly [group: string]: readonly (number | string)[] };
  readonly window: number;
}

/** What groups are made of. */
export interface Features {
  /** Positions of a sequence, or features of a row. */
  readonly length: number;
  /** Names of features; none for positions. */
  readonly features: readonly string[];
}

export interface FeatureGroups {
  /** In the order of their first features. */
  readonly names: readonly string[];
  /** Features of each group, ascending. */
  readonly members: readonly (readonly number[])[];
  readonly notes: readonly Note[];
}

const LARGEST_FILE = 2 ** 26;
const RANGE = /^(\d+)-(\d+)$/;

/**
 * The groups that the parameters describe. What is in no named group is cut into windows of `window` neighbours, by
 * default each feature by itself.
 *
 * @throws Failure `method/group-…`, naming the feature: in two groups, or unknown; `data/unreadable`
 */
export async function groupsOf(
  { groups, window }: GroupParameters,
  features: Features,
  files: Files,
): Promise<FeatureGroups> {
  const nameOf = (feature: number): string => features.features[feature] ?? String(feature);
  const owner = new Array<string | undefined>(features.length);
  const assign = (feature: number, group: string): void => {
    const other = owner[feature];
    if (other !== undefined && other !== group)
      throw new Failure('method/group-overlap', `${nameOf(feature)} is in two groups, ${other} and ${group}`, {
        remedy: 'Leave it in one of them: what is changed with one group cannot be kept with the other.',
      });
    owner[feature] = group;
  };

  const notes: Note[] = [];
  if (typeof groups === 'string') notes.push(...(await assignFile(pathOf(groups, files), features, assign)));
  else if (groups !== undefined) assignRecord(groups, features, assign);

  const members = new Map<string, number[]>();
  for (let feature = 0; feature < features.length; feature++) {
    const named = owner[feature];
    // A named group and a window of the same name stay apart.
    const key = named === undefined ? `window ${Math.floor(feature / window)}` : `group ${named}`;
    const known = members.get(key);
    if (known) known.push(feature);
    else members.set(key, [feature]);
  }
  const all = [...members.values()];
  return {
    names: all.map(list => {
      const [first, last] = [list[0]!, list.at(-1)!];
      return owner[first] ?? (first === last ? nameOf(first) : `${nameOf(first)}-${nameOf(last)}`);
    }),
    members: all,
    notes,
  };
}

/** Finds features by name, by number where they have no names, and by ranges of numbers with both ends included. */
export function finder({ length, features }: Features): (text: string) => readonly number[] {
  const byName = new Map<string, number[]>();
  for (let feature = 0; feature < length; feature++) {
    const name = features[feature] ?? String(feature);
    const known = byName.get(name);
    if (known) known.push(feature);
    else byName.set(name, [feature]);
  }
  return text => {
    const named = byName.get(text);
    if (named) return named;
    const range = RANGE.exec(text);
    const [from, to] = [Number(range?.[1]), Number(range?.[2])];
    return range && from <= to && to < length ? Array.from({ length: to - from + 1 }, (_, i) => from + i) : [];
  };
}

type Assign = (feature: number, group: string) => void;

function assignRecord(groups: Exclude<GroupParameters['groups'], string | undefined>, of: Features, assign: Assign) {
  const find = finder(of);
  for (const [group, list] of Object.entries(groups))
    for (const member of list) {
      const found = typeof member === 'number' ? [member].filter(at => at >= 0 && at < of.length) : find(member);
      if (found.length === 0)
        throw new Failure('method/group-unknown', `the data have no feature ${member}, which ${group} lists`, {
          remedy: `Features are counted from 0 to ${of.length - 1}${of.features.length > 0 ? ', or written by their names' : ''}; "10-19" is a range.`,
        });
      for (const feature of found) assign(feature, group);
    }
}

/** A feature of a group. */
interface Membership {
  readonly feature: string;
  readonly group: string;
}

/**
 * Lines `feature <tab> group`, or of a `.gmt` file of gene sets `group <tab> description <tab> feature <tab> feature …`; empty
 * lines and lines that begin with # are left out. Plain or gzipped. GMT: https://docs.gsea-msigdb.org/#GSEA/Data_Formats/
 *
 * @throws Failure `data/unreadable`, `method/group-file` naming the line
 */
export async function membershipsIn(path: string): Promise<Membership[]> {
  const isGmt = /\.gmt(\.gz)?$/i.test(path);
  const found: Membership[] = [];
  let size = 0;
  for await (const { text: line, number } of linesOf(path)) {
    if ((size += line.length) > LARGEST_FILE)
      throw unreadable(path, new Error(`it has more than ${LARGEST_FILE.toLocaleString('en')} characters`));
    if (line === '' || line.startsWith('#')) continue;
    const place = `${path}, line ${number}`;
    if (isGmt) found.push(...setIn(line, place));
    else found.push(membershipIn(line, place));
  }
  return found;
}

function membershipIn(line: string, place: string): Membership {
  const [feature, group, ...more] = line.split('\t');
  if (feature && group && more.length === 0) return { feature, group };
  throw new Failure('method/group-file', `"${line.slice(0, 80)}" is not a feature, a tab and a group`, {
    place,
    remedy: 'Write one feature and its group per line, with a tab between them.',
  });
}

/** The members of a gene set. */
function setIn(line: string, place: string): Membership[] {
  const [group, , ...features] = line.split('\t');
  if (group && features.length > 0) return features.flatMap(feature => (feature === '' ? [] : [{ feature, group }]));
  throw new Failure('method/group-file', `"${line.slice(0, 80)}" is not a name, a description and genes`, {
    place,
    remedy: 'Separate the columns of a .gmt file by tabs.',
  });
}

/** Assigns what a file lists; features that the data lack are left out. */
async function assignFile(path: string, features: Features, assign: Assign): Promise<Note[]> {
  const find = finder(features);
  const memberships = await membershipsIn(path);
  const listed = memberships.length;
  let matched = 0;
  for (const { feature, group } of memberships) {
    const found = find(feature);
    if (found.length > 0) matched++;
    for (const one of found) assign(one, group);
  }
  if (matched === 0)
    throw new Failure('method/group-file', `none of its ${listed} features is a feature of the data`, {
      place: path,
      remedy: `The data have features such as ${features.features.slice(0, 3).join(', ') || '0, 1, 2'}.`,
    });
  if (matched === listed) return [];
  return [
    {
      level: 'information',
      code: 'method/group-file',
      message: `${listed - matched} of the ${listed} features in the file of groups are not in the data.`,
    },
  ];
}
