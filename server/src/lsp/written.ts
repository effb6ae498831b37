/** What the text of an experiment says of its declarations, before anything has been read or run. */
import { findEntry } from '../catalog/index.js';
import type { PlainValue } from '../catalog/index.js';
import type { Declaration, WrittenCall, WrittenName, WrittenValue } from '../language/experiment.js';

/** Stages that leave the number of examples as it is. */
const KEEPING: ReadonlySet<string> = new Set([
  'label',
  'permute_labels',
  'shuffle_sequences',
  'scale_to',
  'log1p',
  'standardise',
]);

/**
 * How many examples a data set has.
 *
 * @param read examples of the source behind it, where the text does not say it
 */
export function writtenExamples(
  { value }: Declaration,
  find: (id: string) => Declaration | undefined,
  read: () => number | undefined = () => undefined,
): number | undefined {
  const { head, stages } = value;
  const last = stages.findLastIndex(({ name }) => !KEEPING.has(name));
  const cut = stages[last];
  const before = (): number | undefined => {
    if (head.form === 'name') {
      const earlier = find(head.id);
      return earlier && writtenExamples(earlier, find, read);
    }
    const written = ['sequences', 'people', 'samples'].map(name => numberOf(valueOf(head, name)));
    return written.find(found => found !== undefined) ?? read();
  };
  if (cut === undefined) return before();
  if (cut.name !== 'sample' && cut.name !== 'take') return undefined;
  const most = last === 0 ? before() : undefined;
  const size = firstNumber(cut);
  return size === undefined ? undefined : Math.min(size, most ?? size);
}

/** The value that a call gives to a parameter, else its default. */
export function valueOf(
  { category, name, arguments: given }: WrittenCall,
  parameter: string,
): WrittenValue | PlainValue | undefined {
  return given[parameter] ?? findEntry(category, name)?.parameters[parameter]?.default;
}

export function firstNumber(call: WrittenCall): number | undefined {
  return Object.values(call.arguments).find(value => typeof value === 'number');
}

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export function isCallOrName(value: unknown): value is WrittenCall | WrittenName {
  return (
    typeof value === 'object' && value !== null && 'form' in value && (value.form === 'call' || value.form === 'name')
  );
}
