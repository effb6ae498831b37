/** What every measure has at hand: the step's task and parameters, and how to read what its subjects left in the store. */
import type { MetricEntry, ParametersOf } from '../../../catalog/specification.js';
import type { Target, Task } from '../../../protocol.js';
import { StoredExamples } from '../../data/stored-examples.js';
import type { MetricResult } from '../../metrics/metric.js';
import { dataOf } from '../results.js';
import type { StepContext } from '../step.js';

export type MetricTask = Extract<Task, { kind: 'metric' }>;

/** @param passed to be awaited after every batch, with the model passes in it */
export type Measure<Parameters> = (
  task: MetricTask,
  parameters: Parameters,
  context: StepContext,
  passed: (count: number) => Promise<void>,
) => Promise<MetricResult>;

/** One measure per entry of a family of the catalog. */
export type Measures<Specifications extends Record<keyof Specifications, MetricEntry>> = {
  readonly [Name in keyof Specifications]: Measure<ParametersOf<Specifications[Name]>>;
};

/** The key of the only subject, where the catalog allows exactly one attribution. */
export const only = ({ subjects }: MetricTask): string => keyOf(subjects[0]);

export function keyOf(subject: string | Target | undefined): string {
  if (typeof subject !== 'string') throw new Error('an attribution is expected as subject');
  return subject;
}

export async function read({ store }: StepContext, key: string, array: string): Promise<Float32Array | Float64Array> {
  return (await store.array(key, array)).read();
}

/** The examples that an attribution explains. */
export async function examplesBehind({ store }: StepContext, key: string): Promise<StoredExamples> {
  return StoredExamples.open(store, await dataOf(store, key));
}
