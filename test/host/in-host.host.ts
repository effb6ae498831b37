/**
 * The suites of suite/ inside the extension host of VS Code, in the newest release and in the oldest that the extension
 * promises to work in. They run while this file is collected, so that each of their tests is one test here.
 */
import { describe, expect, it } from 'vitest';
import { runInHost, type HostResult } from './in-host.js';
import { releases, unavailable } from './vscode.js';
import { makeWorkspace, type Workspace } from './workspace.js';

/** HOST_ONLY=restricted (or another title) runs one of them. */
const RUNS = [
  // Without an experiment nothing wakes the extension but the first that is opened.
  { title: 'language', suites: ['language'], trusted: true, files: ['planted_motifs.onnx'] },
  { title: 'run', suites: ['activation', 'run'], trusted: true },
  { title: 'restricted', suites: ['restricted'], trusted: false },
].filter(({ title }) => [undefined, title].includes(process.env['HOST_ONLY']));

describe.skipIf(unavailable !== undefined)(`in the extension host (${unavailable ?? 'code-server'})`, async () => {
  it('knows the oldest release that package.json allows', () => {
    expect(releases.map(({ vscode }) => vscode)).toContainEqual(expect.stringMatching(/^1\.100\./));
  });
  if (unavailable !== undefined) return;
  for (const release of releases)
    for (const { title, suites, trusted, files } of RUNS) {
      let results = await inFreshWorkspace(files, workspace => runInHost(release, suites, workspace, trusted));
      // A window on a machine that does something else may be too slow once, like the screen tests.
      if (results.some(({ state }) => state === 'failed'))
        results = await inFreshWorkspace(files, workspace => runInHost(release, suites, workspace, trusted));
      report(`VS Code ${release.vscode}, ${title}`, results);
    }
});

async function inFreshWorkspace<Result>(
  files: readonly string[] | undefined,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const workspace = makeWorkspace(files);
  try {
    return await work(workspace);
  } finally {
    workspace.remove();
  }
}

function report(title: string, results: readonly HostResult[]): void {
  describe(title, () => {
    for (const { title: test, state, error } of results)
      it.skipIf(state === 'skipped')(test, () => {
        if (state === 'failed') throw new Error(error);
      });
  });
}
