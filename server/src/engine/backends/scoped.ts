/** An executor for the time of one step. */
import type { Executable, Executor } from './executor.js';

/** Releases what is still loaded. */
interface Scope {
  release(): Promise<void>;
}

/**
 * The same executor, which remembers what it has loaded: what a step leaves behind, because it was refused or cancelled while
 * a method was being prepared, is released at its end.
 */
export function scoped(executor: Executor): Executor & Scope {
  const held = new Set<Executable>();
  return {
    ...executor,
    load: async graph => {
      const executable = await executor.load(graph);
      const own: Executable = {
        run: inputs => executable.run(inputs),
        release: async () => {
          if (held.delete(own)) await executable.release();
        },
      };
      held.add(own);
      return own;
    },
    release: async () => {
      for (const own of held) await own.release();
    },
  };
}
