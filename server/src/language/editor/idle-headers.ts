/**
 * Runs the slow checks of open documents once typing has paused. While typing only the fast ones run; a keystroke cancels
 * slow checks under way, and their findings come on top of the fast ones.
 */
import type { LangiumSharedServices } from 'langium/lsp';
import { DocumentState, OperationCancelled } from 'langium';

/** Milliseconds without a change before headers are read. */
const PAUSE = 300;

/** To be called once, before the language server starts. */
export function checkHeadersWhenIdle(shared: LangiumSharedServices): void {
  const { DocumentBuilder: builder, TextDocuments: open, WorkspaceManager: manager } = shared.workspace;
  const fast = { validation: { categories: ['built-in', 'fast'] } };
  builder.updateBuildOptions = fast;
  manager.initialBuildOptions = fast;
  let timer: NodeJS.Timeout | undefined;
  let running = false;

  const check = async (): Promise<void> => {
    try {
      await shared.workspace.WorkspaceLock.write(async cancelled => {
        running = true;
        // Taking the lock has stopped a check that came between: it is finished first, or its text would stay unchecked.
        if (shared.workspace.LangiumDocuments.all.some(({ state }) => state < DocumentState.Validated))
          await builder.update([], [], cancelled);
        const documents = shared.workspace.LangiumDocuments.all
          .filter(document => document.state === DocumentState.Validated && open.get(document.uri) !== undefined)
          .toArray();
        await builder.build(documents, { validation: { categories: ['slow'] } }, cancelled);
      });
    } catch (error) {
      // A newer change came first and will bring its own checks.
      if (error !== OperationCancelled) throw error;
    } finally {
      running = false;
    }
  };

  builder.onBuildPhase(DocumentState.Validated, () => {
    if (running) return;
    clearTimeout(timer);
    timer = setTimeout(() => void check(), PAUSE);
  });
}
