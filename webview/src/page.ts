/**
 * The report as a whole, from one snapshot: first whether the explanation can be believed, then what it says, then how it
 * was measured and from what.
 */
import { quantity, type Snapshot } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { attributions } from './attributions.js';
import { benchmarkArticle } from './benchmark.js';
import { element } from './element.js';
import { expectations } from './expectations.js';
import { metricArticle } from './measurements.js';
import { missing } from './missing.js';
import { experimentText, methods, provenance } from './provenance.js';
import type { Surroundings } from './surroundings.js';
import { tableArticle } from './tables.js';
import { moment, seconds } from './times.js';
import { unremembered } from './viewpoint.js';

/** The whole view; everything in it is new, nothing is kept from an earlier snapshot. */
export function page(surroundings: Surroundings, snapshot: Snapshot, arrays: Arrays): HTMLElement {
  return element(
    'main',
    { class: 'view' },
    header(snapshot),
    expectations(surroundings, snapshot),
    ...missing(surroundings, snapshot.missing),
    ...snapshot.data.map(data => attributions(surroundings, snapshot, data, arrays, unremembered())),
    benchmarks(surroundings, snapshot),
    tables(surroundings, snapshot, arrays),
    measurements(surroundings, snapshot),
    methods(surroundings, snapshot),
    experimentText(snapshot),
    provenance(surroundings, snapshot, false),
  );
}

const LENGTH_WORDS = { dna: 'nt', genotypes: 'variants', expression: 'genes' } as const;

function header(snapshot: Snapshot): HTMLElement {
  const { maps, tables } = snapshot;
  const facts = [
    ...snapshot.data.map(
      data =>
        `${data.name}: ${quantity(data.examples, 'count')} × ${quantity(data.length, 'count')} ${LENGTH_WORDS[data.alphabet]}`,
    ),
    ...(maps.length > 0 ? [`${maps.length} ${maps.length === 1 ? 'map' : 'maps'}`] : []),
    `${seconds([...maps, ...tables].reduce((sum, result) => sum + result.seconds, 0))} of computing`,
    moment(snapshot.created),
  ];
  return element(
    'header',
    {},
    element('h1', {}, snapshot.file),
    snapshot.documentation === undefined ? undefined : element('p', {}, snapshot.documentation),
    element(
      'p',
      { class: 'dim small facts' },
      ...facts.flatMap((fact, index) => [index > 0 ? ' · ' : '', element('span', { class: 'fact' }, fact)]),
    ),
  );
}

function benchmarks(surroundings: Surroundings, { benchmarks: all }: Snapshot): HTMLElement | undefined {
  if (all.length === 0) return undefined;
  const articles = all.map(benchmark => benchmarkArticle(surroundings, benchmark));
  return element('section', {}, element('h2', {}, 'Benchmarks'), ...articles);
}

function tables(surroundings: Surroundings, { tables: results }: Snapshot, arrays: Arrays): HTMLElement | undefined {
  if (results.length === 0) return undefined;
  const articles = results.map(result => tableArticle(surroundings, result, arrays));
  return element('section', {}, element('h2', {}, 'Further results'), ...articles);
}

function measurements(surroundings: Surroundings, { metrics }: Snapshot): HTMLElement | undefined {
  if (metrics.length === 0) return undefined;
  const articles = metrics.map(metric => metricArticle(surroundings, metric));
  return element('section', {}, element('h2', {}, 'Measurements'), ...articles);
}
