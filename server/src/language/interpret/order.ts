/** Declarations in the order in which they can be computed, and the circles that prevent it. */
import type { Definition } from '../generated/ast.js';
import { dependenciesOf } from './facts.js';

export interface Order {
  /** The declarations and everything they depend on, each after what it depends on. */
  readonly ordered: readonly Definition[];
  /** Circles, each in the order of dependence; the last member depends on the first. */
  readonly circles: readonly (readonly Definition[])[];
}

/** Depth first, with a stack of its own: chains may be longer than the call stack is deep. */
export function orderOf(definitions: readonly Definition[]): Order {
  const ordered = new Set<Definition>();
  const circles: Definition[][] = [];
  const path: { readonly definition: Definition; readonly open: Definition[] }[] = [];
  const onPath = new Set<Definition>();
  const enter = (definition: Definition): void => {
    path.push({ definition, open: dependenciesOf(definition).reverse() });
    onPath.add(definition);
  };
  for (const definition of definitions) {
    if (!ordered.has(definition)) enter(definition);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.open.pop();
      if (next === undefined) {
        path.pop();
        onPath.delete(top.definition);
        ordered.add(top.definition);
      } else if (onPath.has(next)) {
        circles.push(path.slice(path.findIndex(step => step.definition === next)).map(step => step.definition));
      } else if (!ordered.has(next)) {
        enter(next);
      }
    }
  }
  return { ordered: [...ordered], circles };
}
