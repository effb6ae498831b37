/** The cross product that a benchmark is. */
import type { WrittenCall, WrittenName, WrittenValue } from '../language/experiment.js';

export interface Combination {
  readonly target: WrittenName;
  readonly method: WrittenCall | WrittenName;
  readonly wrapper: WrittenCall | undefined;
  readonly correction: WrittenCall | undefined;
  readonly metric: WrittenCall | WrittenName;
}

/** @param head a call of `compare`, as checked */
export function combinations(head: WrittenCall, targets: readonly (WrittenCall | WrittenName)[]): Combination[] {
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
            list('metrics')
              .filter(isCallOrName)
              .map(metric => ({ target, method, wrapper, correction, metric })),
          ),
        ),
      ),
  );
}

function isCallOrName(written: WrittenValue): written is WrittenCall | WrittenName {
  return typeof written === 'object' && 'form' in written && (written.form === 'call' || written.form === 'name');
}

const isName = (written: WrittenCall | WrittenName): written is WrittenName => written.form === 'name';

/** The keyword `none` stands for nothing. */
function callOrNone(written: WrittenValue): WrittenCall | undefined {
  return isCallOrName(written) && written.form === 'call' && written.category !== 'keyword' ? written : undefined;
}
