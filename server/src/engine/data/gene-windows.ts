/** The source `gene_windows`: DNA of annotated features, or around their ends: promoters, exons, sites of splicing. */
import type { gene_windows as specification } from '../../catalog/sources.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import type { Sequences } from './examples.js';
import { fewOf } from './genome-chromosomes.js';
import { attributeOf, featuresOf, type Feature } from './gff.js';
import { regionName } from './region.js';
import { pathOf, type Source } from './source.js';
import { cutWindows, describeWindows, type Window } from './windows.js';

type Parameters = ParametersOf<typeof specification>;

/**
 * @param absent names that are asked for; those that are found are taken out
 * @throws Failure `data/no-feature` where the file has none of that type or name
 */
async function* windowsOf(
  parameters: Parameters,
  path: string,
  absent = new Set(parameters.only),
): AsyncGenerator<Window> {
  const { feature, names, only } = parameters;
  const wanted = only && new Set(only);
  const types = new Set<string>();
  const seen = new Set<string>();
  for await (const one of featuresOf(path)) {
    if (types.size < 20) types.add(one.type);
    if (one.type !== feature) continue;
    const title = attributeOf(one, names);
    if (wanted && (title === undefined || !wanted.has(title))) continue;
    absent.delete(title ?? '');
    const window = { ...one, ...placed(one, parameters), written: one.end, ...(title !== undefined && { title }) };
    // Transcripts of one gene may begin at one base: the same sequence once.
    const place = regionName(window);
    if (seen.has(place)) continue;
    seen.add(place);
    yield window;
  }
  if (seen.size > 0) return;
  throw new Failure(
    'data/no-feature',
    `the file has no "${feature}"${only ? ` whose ${names} is ${only.join(' or ')}` : ''}`,
    {
      place: path,
      remedy: `Its types are ${[...types].join(', ') || 'none'}; \`names\` says which attribute holds the name.`,
    },
  );
}

/** The window in the genome; the base at an end lies at index `upstream` of the sequence as the strand has it. */
function placed(
  { start, end, strand }: Feature,
  { at, upstream, downstream }: Parameters,
): { start: number; end: number } {
  const minus = strand === '-';
  if (at === 'whole')
    return { start: start - (minus ? downstream : upstream), end: end + (minus ? upstream : downstream) };
  const base = (at === 'start') === minus ? end - 1 : start;
  return minus
    ? { start: base - downstream + 1, end: base + upstream + 1 }
    : { start: base - upstream, end: base + downstream };
}

/** @throws Failure `data/window` for windows without a base */
function requireBases({ at, upstream, downstream }: Parameters): void {
  if (at === 'whole' || upstream + downstream > 0) return;
  throw new Failure('data/window', `the windows around the ${at} of a feature have no base`, {
    remedy: 'Say how many bases in front of it and from it on: `upstream: 1000, downstream: 100`.',
  });
}

function absentNotes({ only = [], names, feature }: Parameters, absent: ReadonlySet<string>): Note[] {
  if (absent.size === 0) return [];
  const message = `${absent.size} of the ${only.length} names are of no "${feature}" by its ${names}: ${fewOf(absent)}.`;
  return [{ level: 'warning', code: 'data/no-feature', message }];
}

export const geneWindows: Source<Parameters, Sequences> = {
  async read(parameters, files) {
    requireBases(parameters);
    const absent = new Set(parameters.only);
    const cut = await cutWindows(parameters, files, path => windowsOf(parameters, path, absent));
    return { ...cut, notes: [...cut.notes, ...absentNotes(parameters, absent)] };
  },
  describe(parameters, files) {
    requireBases(parameters);
    const path = pathOf(parameters.path, files);
    return describeWindows(path, windowsOf(parameters, path));
  },
};
