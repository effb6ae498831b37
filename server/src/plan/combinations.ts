/** The cross product that a benchmark is. */
import { findEntry } from '../catalog/index.js';
import type { WrittenCall, WrittenName, WrittenValue } from '../language/experiment.js';

export interface Combination {
  readonly target: WrittenName;
  readonly method: WrittenCall | WrittenName;
  readonly wrapper: WrittenCall | undefined;
  readonly correction: WrittenCall | undefined;
  readonly data: WrittenCall | WrittenName;
  readonly metric: WrittenCall | WrittenName;
}

/**
 * @param head a call of `compare`, as checked
 * @param on the data after `on`, which come before those in `head`
 */
export function combinations(
  head: WrittenCall,
  targets: readonly (WrittenCall | WrittenName)[],
  on: WrittenCall | WrittenName,
): Combination[] {
  const list = (parameter: string): readonly WrittenValue[] => {
    const written = head.arguments[parameter];
    return Array.isArray(written) ? (written as readonly WrittenValue[]) : [];
  };
  const some = (parameter: string): (WrittenCall | undefined)[] => {
    const written = list(parameter).map(callOrNone);
    return written.length > 0 ? written : [undefined];
  };
  return targets.filter(isName).flatMap(target =>
    list('methods')
      .filter(isCallOrName)
      .flatMap(method =>
        some('wrappers').flatMap(wrapper =>
          some('corrections').flatMap(correction =>
            [on, ...list('data').filter(isCallOrName)].flatMap(data =>
              list('metrics')
                .filter(isCallOrName)
                .map(metric => ({ target, method, wrapper, correction, data, metric })),
            ),
          ),
        ),
      ),
  );
}

/**
 * What one list of a benchmark is called in its table. Calls of one entry that differ are told apart by the arguments in
 * which they do: `attribution_recall(top: 1%)`.
 *
 * @param elements of the list, in any order and number
 */
export function labeller(
  elements: readonly (WrittenCall | WrittenName | undefined)[],
  wordFor: (element: WrittenCall | WrittenName) => string,
): (element: WrittenCall | WrittenName | undefined) => string {
  const calls = elements.filter(element => element?.form === 'call');
  return element => {
    if (element === undefined) return 'none';
    if (element.form === 'name') return wordFor(element);
    const others = calls.filter(({ name }) => name === element.name);
    const own = Object.entries(element.arguments)
      .filter(([parameter, value]) =>
        others.some(other => JSON.stringify(other.arguments[parameter]) !== JSON.stringify(value)),
      )
      .map(([parameter, value]) => `${parameter}: ${shown(element, parameter, value, wordFor)}`);
    return own.length === 0 ? element.name : `${element.name}(${own.join(', ')})`;
  };
}

function shown(
  { category, name }: WrittenCall,
  parameter: string,
  value: WrittenValue,
  wordFor: (element: WrittenCall | WrittenName) => string,
): string {
  if (isCallOrName(value)) return wordFor(value);
  const type = findEntry(category, name)?.parameters[parameter]?.type;
  if (typeof value === 'number' && type?.is === 'share') return `${Number((100 * value).toPrecision(12))}%`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isCallOrName(written: WrittenValue): written is WrittenCall | WrittenName {
  return typeof written === 'object' && 'form' in written && (written.form === 'call' || written.form === 'name');
}

const isName = (written: WrittenCall | WrittenName): written is WrittenName => written.form === 'name';

/** The keyword `none` stands for nothing. */
function callOrNone(written: WrittenValue): WrittenCall | undefined {
  return isCallOrName(written) && written.form === 'call' && written.category !== 'keyword' ? written : undefined;
}
