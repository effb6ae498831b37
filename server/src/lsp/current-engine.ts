/** The engine of the language server: one for all documents, replaced when the Node that runs it changes. */
import type { Call, Description } from '../protocol.js';
import type { Exported, ExportJob, Job, Progress, Supervisor } from '../run/supervisor.js';

export type Engine = Pick<Supervisor, 'run' | 'export' | 'describe' | 'dispose'>;

/** @param node path of the Node that runs the engine; the current one when absent */
export type StartEngine = (node: string | undefined) => Engine;

export class CurrentEngine implements Engine {
  private readonly busy = new Set<Promise<unknown>>();
  private engine: Engine;

  constructor(
    private readonly start: StartEngine,
    private node = '',
  ) {
    this.engine = this.startWith(node);
  }

  /** Work that is under way ends with the engine that it began with. */
  use(node: string): void {
    if (node === this.node) return;
    this.node = node;
    const retired = this.engine;
    this.engine = this.startWith(node);
    void Promise.allSettled(this.busy).then(() => retired.dispose());
  }

  run(job: Job, signal?: AbortSignal, onProgress?: (progress: Progress) => void): Promise<'finished' | 'cancelled'> {
    return this.during(this.engine.run(job, signal, onProgress));
  }

  export(job: ExportJob, signal?: AbortSignal): Promise<Exported | 'cancelled'> {
    return this.during(this.engine.export(job, signal));
  }

  describe(call: Call, files: Readonly<Record<string, string>>): Promise<Description> {
    return this.during(this.engine.describe(call, files));
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }

  private startWith(node: string): Engine {
    return this.start(node === '' ? undefined : node);
  }

  private async during<T>(work: Promise<T>): Promise<T> {
    this.busy.add(work);
    try {
      return await work;
    } finally {
      this.busy.delete(work);
    }
  }
}
