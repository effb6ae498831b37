/** Headers of model and data files for the language, read by the engine process. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { findEntry } from '../catalog/index.js';
import type { PlainCall } from '../catalog/index.js';
import type { Call, Description, Json, Problem } from '../protocol.js';
import type { Supervisor } from './supervisor.js';
import { EngineError } from './engine-process.js';

/** The file is to blame: damaged, of another kind, or with something that is not supported. */
export type Fault = Problem & { readonly is: 'fault' };

export interface EngineHeaders {
  /** The header of the file that a format or source call names; undefined when the engine could not look at it. */
  describe(call: PlainCall, folder: string): Promise<Description | Fault | undefined>;
}

/**
 * A header reader on an engine.
 *
 * @param onProblem hears why the engine could not look at a header
 */
export function engineHeaders(
  engine: Pick<Supervisor, 'describe'>,
  onProblem: (problem: Problem) => void,
): EngineHeaders {
  return {
    describe: async (call, folder) => {
      const { located, files } = locateFiles(call, folder);
      try {
        return await engine.describe(located, files);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (!error.problem.code.startsWith('engine/')) return { is: 'fault', ...error.problem };
        onProblem(error.problem);
        return undefined;
      }
    },
  };
}

/**
 * Replaces the path parameters of a call by keys of a table of absolute paths. A header depends on where the file is
 * and not on all of its content, so the key is a hash of the path: nobody waits for gigabytes to be hashed.
 */
export function locateFiles(call: PlainCall, folder: string): { located: Call; files: Record<string, string> } {
  const files: Record<string, string> = {};
  return { located: located(call, folder, files), files };
}

function located(call: PlainCall, folder: string, files: Record<string, string>): Call {
  const entry = findEntry(call.category, call.call);
  const parameters: Record<string, Json> = {};
  for (const [name, value] of Object.entries(call.parameters)) {
    if (entry?.parameters[name]?.type.is === 'path' && typeof value === 'string') {
      const path = resolve(folder, value);
      const key = createHash('sha256').update(path).digest('hex');
      files[key] = path;
      parameters[name] = key;
    } else if (entry?.parameters[name]?.type.is === 'call' && typeof value === 'object') {
      // A value of this type is a call: the language has checked it.
      parameters[name] = located(value as unknown as PlainCall, folder, files);
    } else {
      parameters[name] = structuredClone(value) as Json; // the same values, without the readonly marks
    }
  }
  return { call: call.call, category: call.category, parameters };
}
