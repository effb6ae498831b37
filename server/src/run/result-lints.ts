/**
 * Doubts that a stored result raises, as notes with the code of a lint: those that the engine has noted, and those that show
 * when predictions, labels and planted effects are looked at together.
 */
import type { Note } from '../protocol.js';
import { Task } from '../protocol.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';

/** Examples that are looked at: enough to see what is common. */
const LOOKED_AT = 2000;

/** Everything that is noted about a result, lints among it. */
export async function notesOf(meta: ResultMeta, store: ResultStore): Promise<Note[]> {
  return [...meta.notes, ...(await found(meta, store))];
}

async function found(meta: ResultMeta, store: ResultStore): Promise<Note[]> {
  const task = Task.safeParse(meta.task).data;
  if (task?.kind === 'metric' && task.metric.call === 'simplex_angle') return angles(meta.statistics?.['over_30']);
  if (task?.kind === 'data') return planted(meta, store);
  if (task?.kind === 'benchmark') return inCells(task, store);
  if (task?.kind !== 'attribution') return [];
  const layout = meta.arrays.find(({ name }) => name === 'predictions');
  if (layout?.axes.length !== 1 || !(await store.meta(task.data))) return [];
  const reader = await store.array(meta.key, 'predictions');
  const predictions = await reader.read(0, Math.min(meta.rows, LOOKED_AT));
  const { columns, rows } = await store.rows(task.data, LOOKED_AT);
  const label = columns.indexOf('label');
  const { call, parameters } = task.target.target;
  const labels = rows.map(row => row[label]);
  return [
    ...(call === 'output' || parameters['probability'] === true ? saturation(predictions) : []),
    ...(call === 'output' || call === 'logit' ? errors(predictions, labels) : []),
  ];
}

type Benchmark = Extract<Task, { kind: 'benchmark' }>;

const LINT = /^GA\d+$/;

/** Lints of what stands behind the cells of a benchmark: one note for each code, of the first result that has it. */
async function inCells({ cells }: Benchmark, store: ResultStore): Promise<Note[]> {
  const found = new Map<string, { note: Note; results: Set<string> }>();
  const visit = async (key: string, label: string): Promise<void> => {
    const meta = await store.meta(key);
    if (meta === undefined) return;
    for (const note of (await notesOf(meta, store)).filter(({ code }) => LINT.test(code))) {
      const known = found.get(note.code) ?? {
        note: { ...note, message: `${label}: ${note.message}` },
        results: new Set(),
      };
      found.set(note.code, known);
      known.results.add(key);
    }
    const task = Task.safeParse(meta.task).data;
    if (task?.kind === 'correction') await visit(task.attribution, label);
    if (task?.kind !== 'metric') return;
    for (const subject of [...task.subjects, ...(task.networks ?? [])])
      if (typeof subject === 'string') await visit(subject, label);
  };
  const seen = new Set<string>();
  for (const { target, method, wrapper, correction, data, result } of cells) {
    if (!('key' in result) || seen.has(result.key)) continue;
    seen.add(result.key);
    await visit(result.key, [target, method, wrapper, correction, data].filter(part => part !== 'none').join(' '));
  }
  return [...found.values()].map(({ note, results }) =>
    results.size === 1
      ? note
      : { ...note, message: `${note.message} Likewise ${results.size - 1} more of its results.` },
  );
}

/** Share of isotropic gradients more than 30° off the simplex: 1 − (2/π)(θ + ½ sin 2θ), θ = 30°. */
const NOISE_BEYOND_30 = 1 - (2 / Math.PI) * (Math.PI / 6 + Math.sin(Math.PI / 3) / 2);

/** GA003: the interval of the share reaches that of noise. */
export function angles(share: { readonly interval?: readonly [number, number] | undefined } | undefined): Note[] {
  const high = share?.interval?.[1];
  if (high === undefined || high < NOISE_BEYOND_30) return [];
  return [
    {
      level: 'information',
      code: 'GA003',
      message: `Up to ${percent(high)} of positions are more than 30° off the simplex (upper end of the interval); of noise ${percent(NOISE_BEYOND_30)} are.`,
    },
  ];
}

/** Probabilities beyond which the gradient of a sigmoid is below a hundredth of its logit's. */
const SATURATED = 0.99;
const MANY_SATURATED = 0.1;

/** GA008: explained probabilities near 0 or 1. */
export function saturation(predictions: ArrayLike<number>): Note[] {
  const values = Array.from(predictions);
  if (values.length === 0 || !values.every(value => value >= 0 && value <= 1)) return [];
  const saturated = values.filter(value => value > SATURATED || value < 1 - SATURATED).length;
  if (saturated < MANY_SATURATED * values.length) return [];
  return [
    {
      level: 'warning',
      code: 'GA008',
      message: `${saturated} of ${values.length} explained probabilities are above ${SATURATED} or below ${(1 - SATURATED).toFixed(2)}, where gradients and differences vanish.`,
    },
  ];
}

const MANY_ERRORS = 0.05;

/** GA013: examples labelled 0 or 1 on the wrong side: of ½ for probabilities, else of 0. */
export function errors(predictions: ArrayLike<number>, labels: readonly (string | undefined)[]): Note[] {
  const values = Array.from(predictions);
  if (values.length === 0 || values.length !== labels.length) return [];
  if (!labels.every(label => label === '0' || label === '1')) return [];
  const threshold = values.every(value => value >= 0 && value <= 1) ? 0.5 : 0;
  const wrong = values.filter((value, index) => value > threshold !== (labels[index] === '1')).length;
  if (wrong === 0) return [];
  return [
    {
      level: wrong > MANY_ERRORS * values.length ? 'warning' : 'information',
      code: 'GA013',
      message: `${wrong} of ${values.length} explained examples are classified wrongly: their explanations are those of errors.`,
    },
  ];
}

async function planted(meta: ResultMeta, store: ResultStore): Promise<Note[]> {
  const [, fields] = meta.arrays.find(({ name }) => name === 'feature_truth')?.axes ?? [];
  const [target, achieved] = [fields?.labels?.indexOf('target') ?? -1, fields?.labels?.indexOf('achieved') ?? -1];
  if (fields === undefined || target < 0 || achieved < 0) return [];
  const reader = await store.array(meta.key, 'feature_truth');
  const values = await reader.read(0, reader.shape[0] ?? 0);
  const effects = Array.from({ length: values.length / fields.size }, (_, feature) => ({
    target: values[feature * fields.size + target]!,
    achieved: values[feature * fields.size + achieved]!,
  }));
  return plantedEffects(effects.filter(effect => effect.target !== 0));
}

/** Share of the asked effect below which the difference matters for power. */
const MOST = 0.9;

/** GA025 and GA026: planted correlations against those that were asked for. */
export function plantedEffects(effects: readonly { readonly target: number; readonly achieved: number }[]): Note[] {
  const notes: Note[] = [];
  const opposite = effects.filter(({ target, achieved }) => target * achieved < 0).length;
  if (opposite > 0)
    notes.push({
      level: 'warning',
      code: 'GA025',
      message: `${opposite} of ${effects.length} planted variants have an effect of the opposite sign.`,
    });
  const ratios = effects.map(({ target, achieved }) => Math.abs(achieved / target)).sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)];
  if (median !== undefined && median < MOST)
    notes.push({
      level: 'information',
      code: 'GA026',
      message: `Half of the ${effects.length} planted variants have less than ${percent(median)} of the correlation that was asked for: it is that of the latent variable.`,
    });
  return notes;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
