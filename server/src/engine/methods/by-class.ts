/**
 * Targets that are another unit for each example (`true_class`, `predicted_class`): examples are sorted by their classes,
 * and each class has its own model, whose target is one fixed unit, and its own prepared method, which sees nothing but the
 * examples of that class. So no method and no graph knows of such targets.
 */
import type { PlainCall } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { Json } from '../../store/writer.js';
import { Failure } from '../failure.js';
import { sortByClass, takeRows, type Sorting } from './class-sorting.js';
import type { Block, BlockResult, MethodContext, PreparedMethod } from './method.js';
import { predict } from './predictions.js';

/** Examples of the same classes. */
interface Group {
  readonly name: string;
  /** Their rows, ascending. */
  readonly rows: readonly number[];
  /** The target at each of them, as the method sees it. */
  readonly outputs: Float32Array;
  readonly method: PreparedMethod;
}

/**
 * Prepares a method for a model whose target differs between examples.
 *
 * @param context `outputs` receives the target at every example; what is written there later is what the method finds
 * @param known classes of the examples, where they are not those of the model itself
 * @throws Failure `target/label` for an example without a class, `target/whole` for methods that explain no single example
 */
export async function prepareByClass(
  call: Pick<PlainCall, 'call' | 'parameters'>,
  context: MethodContext,
  known?: Sorting,
): Promise<PreparedMethod> {
  const { model, executor, examples, outputs, passed, prepare } = context;
  const groups: Group[] = [];
  const release = async (): Promise<void> => {
    for (const { method } of groups) await method.release();
  };
  try {
    for (const [name, { classes, rows }] of (known ?? (await sortByClass(context))).groups) {
      const own = { ...context, model: model.forClasses(classes), examples: examples.select(rows) };
      const values = await predict(own.model, own.examples, executor, passed);
      rows.forEach((row, i) => (outputs[row] = values[i]!));
      const method = await prepare(call, { ...own, outputs: values });
      groups.push({ name, rows, outputs: values, method });
      if (method.rows !== undefined)
        throw new Failure(
          'target/whole',
          `${call.call} describes a data set, and its target differs between examples`,
          { place: model.name, remedy: 'Name one class for all of them: class("B cell").' },
        );
    }
  } catch (error) {
    await release();
    throw error;
  }
  const { produces, arrays, axes, unit } = groups[0]!.method;
  return {
    produces,
    arrays,
    ...(axes !== undefined && { axes }),
    ...(unit !== undefined && { unit }),
    blockRows: Math.min(...groups.map(({ method }) => method.blockRows)),
    explain: block => explainGroups(block, groups, outputs, model.size),
    notes: infos => groups.flatMap(group => notesOf(group, infos)),
    release,
  };
}

/** Explains the rows of a block group by group, and puts them back in their order. */
async function explainGroups(
  { from, to, x }: Block,
  groups: readonly Group[],
  outputs: Float32Array,
  size: number,
): Promise<BlockResult> {
  const arrays: Record<string, Float32Array | Float64Array> = {};
  const info: Record<string, Json> = {};
  for (const { name, rows, outputs: seen, method } of groups) {
    // Rows of a block are a range of the group's, because both are ascending.
    const first = rows.findIndex(row => row >= from);
    const chosen = rows.filter(row => row >= from && row < to);
    if (chosen.length === 0) continue;
    const own = takeRows(
      x,
      chosen.map(row => row - from),
      size,
    );
    chosen.forEach((row, i) => (seen[first + i] = outputs[row]!));
    const result = await method.explain({ from: first, to: first + chosen.length, x: own });
    for (const [key, part] of Object.entries({ ...result.arrays, map: result.map })) {
      const width = part.length / chosen.length;
      const all = (arrays[key] ??= emptyLike(part, (to - from) * width));
      chosen.forEach((row, i) => all.set(part.subarray(i * width, (i + 1) * width), (row - from) * width));
    }
    if (result.info !== undefined) info[name] = result.info;
  }
  const { map, ...others } = arrays;
  return { map: map as Float32Array, arrays: others, info };
}

const emptyLike = (array: Float32Array | Float64Array, size: number): Float32Array | Float64Array =>
  array instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

function notesOf({ name, method }: Group, infos: readonly Json[]): Note[] {
  const own = infos.map(info => (info as Record<string, Json>)[name]).filter(info => info !== undefined);
  return method.notes(own).map(note => ({ ...note, message: `${name}: ${note.message}` }));
}
