/** What the maps of a data set say: the pictures of those that the experiment's views name, and notes on all of them. */
import { quantity, type Snapshot } from '../../server/src/protocol.js';
import { agreement } from './agreement.js';
import { scoredMapOf, sequencesOf, type Arrays, type DataSet, type ScoredMap } from './arrays.js';
import { differencesOf } from './difference.js';
import { element } from './element.js';
import { explanation } from './explanation.js';
import { features } from './features.js';
import { note, notesOf } from './notes.js';
import type { Surroundings } from './surroundings.js';
import type { Viewing } from './viewpoint.js';

/** Maps that views of a kind name, in their order; all maps where no view names any. */
export function viewedMaps(snapshot: Snapshot, call: string, otherwise: readonly string[]): readonly string[] {
  const named = snapshot.views.filter(view => view.call === call).flatMap(view => view.maps);
  return named.length > 0 ? [...new Set(named)] : otherwise;
}

/** Headlines of the metrics of one map alone, as `gap 0.86 %`: each map carries what is known about its trust. */
export function figuresOf(map: string, metrics: Snapshot['metrics']): string[] {
  return metrics.flatMap(({ name, written, headline, statistics }) => {
    const value = statistics.find(statistic => statistic.name === headline);
    return value && / of (\w+)$/.exec(written)?.[1] === map ? [`${name} ${quantity(value.value, value.unit)}`] : [];
  });
}

/** What an earlier run gave under the same name. */
export interface EarlierMap {
  readonly map: Snapshot['maps'][number];
  /** [rows × length] */
  readonly scores: Float32Array;
}

/** The pictures of one data set; nothing where no map explains it and there is nothing to note. */
export function attributions(
  surroundings: Surroundings,
  snapshot: Snapshot,
  data: DataSet,
  arrays: Arrays,
  viewing: Viewing,
  earlier: readonly EarlierMap[] = [],
): HTMLElement | undefined {
  const every = snapshot.maps.filter(map => map.data === data.key);
  const names = every.map(map => map.name);
  // Views that name maps of other data say nothing about these.
  const viewed = (call: string, otherwise: readonly string[]): readonly string[] => {
    const own = viewedMaps(snapshot, call, otherwise).filter(name => names.includes(name));
    return own.length > 0 ? own : otherwise;
  };
  const logoNames = viewed('logo', names);
  const heatmapNames = viewed('heatmap', logoNames);
  if (every.length === 0 && data.notes.length === 0) return undefined;
  const problems: HTMLElement[] = [];
  const drawn = attempt(problems, surroundings.remedy, () => {
    if (data.alphabet !== 'dna')
      return features(
        surroundings,
        data,
        every.map(map => ({ map, figures: figuresOf(map.name, snapshot.metrics) })),
        arrays,
      );
    const sequences = sequencesOf(data, arrays);
    const scored = every.flatMap(
      map => attempt(problems, surroundings.remedy, () => scoredMapOf(map, sequences, arrays)) ?? [],
    );
    const chosen = (wanted: readonly string[]): ScoredMap[] =>
      wanted.flatMap(name => scored.filter(entry => entry.map.name === name));
    const logos = chosen(logoNames).map(entry => ({ ...entry, figures: figuresOf(entry.map.name, snapshot.metrics) }));
    const before = earlier
      .filter(({ map }) => map.data === data.key)
      .map(({ map, scores }): ScoredMap => ({
        map,
        scores: { rows: sequences.rows, length: data.length, values: scores },
      }))
      .filter(({ scores }) => scores.values.length === scores.rows * scores.length);
    const differences = differencesOf(scored, before);
    const holder = element('div');
    const draw = (): void => {
      const compared = differences.find(({ label }) => label === viewing.at.difference)?.map();
      const added = compared ? [compared] : [];
      const maps = [...chosen(heatmapNames), ...added];
      holder.replaceChildren(
        explanation(surroundings, sequences, [...logos, ...added], maps, viewing, differences, () => {
          draw();
          // The control that asked for it is a new one, and has its focus when it is drawn.
          const control = holder.querySelector<HTMLElement>('.difference :is(select, vscode-single-select)');
          requestAnimationFrame(() => control?.focus({ preventScroll: true }));
        }),
      );
    };
    draw();
    return scored.length < 2 ? holder : element('div', {}, holder, agreement(surroundings, scored));
  });
  const left = data.examples - data.names.length;
  return element(
    'section',
    { 'data-declaration': data.name },
    element('h2', {}, every.length === 0 ? 'Notes on ' : 'What the model relies on in ', surroundings.name(data.name)),
    left > 0 ? note('information', `Here are ${choiceText(data)}; the metrics cover all of them.`) : undefined,
    every.length > 0 ? drawn : undefined,
    ...problems,
    ...notesOf(data),
    ...notesOf(...every),
  );
}

/** Which examples are here: the first ones, or every n-th. */
export function choiceText({ names, examples, step = 1 }: Pick<DataSet, 'names' | 'examples' | 'step'>): string {
  const [here, all] = [quantity(names.length, 'count'), quantity(examples, 'count')];
  if (step === 1) return `the first ${here} of ${all} examples`;
  const reached = names.length * step;
  const of = reached < examples ? `, of the first ${quantity(reached, 'count')}` : '';
  return `${here} of ${all} examples, one of every ${step}${of}`;
}

/** A picture that cannot be drawn leaves its reason in its place, and the rest of the view stands. */
function attempt<Result>(problems: HTMLElement[], remedy: string, act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(note('warning', `${error.message} ${remedy}`));
    return undefined;
  }
}
