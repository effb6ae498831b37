/**
 * The Testing view: every `expect` is a test under its file. What a run found is shown however it was started; running a
 * test computes what its metric needs.
 */
import type { CancellationToken, Disposable, TestController, TestItem, TestRun } from 'vscode';
import { Location, Range, TestMessage, TestRunProfileKind, TestRunRequest, tests, Uri, workspace } from 'vscode';
import type { ExpectationMark } from '../../server/src/protocol.js';
import { testIds, verdictOf } from './describe-tests.js';
import type { Server } from './server.js';
import { reasonOf } from './server.js';
import type { Views } from './views.js';
import { isExperiment } from './views.js';

/** Folders whose files are no experiments of the reader: the store names folders after the experiments that it knows. */
const ELSEWHERE = ['node_modules', '.xome'];
const EXCLUDED = new RegExp(`/(${ELSEWHERE.map(name => name.replace('.', '\\.')).join('|')})(/|$)`);

/** Milliseconds between two looks at a run that a test has started. */
const LOOK_MS = 200;

export class Expectations implements Disposable {
  private readonly controller: TestController = tests.createTestController('explainome', 'Explainome');
  /** By address: what the Testing view shows of a document at the moment. */
  private readonly shown = new Map<string, string>();
  /** Addresses of documents whose tests run. */
  private readonly testing = new Set<string>();
  private readonly subscriptions: Disposable[];

  constructor(
    private readonly server: Server,
    views: Views,
  ) {
    this.controller.resolveHandler = item => (item ? this.resolve(item) : this.discover());
    this.controller.refreshHandler = () => this.discover();
    this.controller.createRunProfile('Run', TestRunProfileKind.Run, (request, token) => this.run(request, token), true);
    const files = workspace.createFileSystemWatcher('**/*.xome', false, true);
    this.subscriptions = [
      views.onDidChange(uri => void this.follow(uri)),
      files,
      files.onDidCreate(uri => {
        if (!EXCLUDED.test(uri.path)) this.fileItem(uri);
      }),
      files.onDidDelete(uri => this.controller.items.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
    this.controller.dispose();
  }

  /** Every experiment of the workspace; what they expect is read when they are unfolded or run. */
  private async discover(): Promise<void> {
    const found = await workspace.findFiles('**/*.xome', `**/{${ELSEWHERE.join()}}/**`);
    for (const uri of found) this.fileItem(uri);
    for (const document of workspace.textDocuments)
      if (isExperiment(document)) await this.follow(document.uri.toString());
  }

  private fileItem(uri: Uri): TestItem {
    const id = uri.toString();
    const known = this.controller.items.get(id);
    if (known) return known;
    const item = this.controller.createTestItem(id, workspace.asRelativePath(uri), uri);
    item.canResolveChildren = true;
    this.controller.items.add(item);
    return item;
  }

  private async resolve(file: TestItem): Promise<void> {
    if (!file.uri) return;
    // The server knows documents that are open.
    await workspace.openTextDocument(file.uri);
    await this.read(file);
  }

  /** Puts the expectations of the present text below their file. */
  private async read(file: TestItem): Promise<Awaited<ReturnType<Expectations['ask']>>> {
    const answer = file.uri && (await this.ask(file.uri));
    if (!answer) return undefined;
    const ids = testIds(answer.expectations);
    const items = answer.expectations.map(({ text, range: { start, end } }, index) => {
      const item = this.controller.createTestItem(ids[index]!, text.replace(/^expect\s+/, ''), file.uri);
      item.range = new Range(start.line, start.character, end.line, end.character);
      return item;
    });
    const known = [...file.children].map(([id]) => id);
    if (known.join('\n') !== ids.join('\n')) file.children.replace(items);
    else items.forEach(({ id, range }) => (file.children.get(id)!.range = range));
    return answer;
  }

  private async ask(uri: Uri) {
    return (await this.server.request('expectations', { uri: uri.toString() }).catch(() => undefined)) ?? undefined;
  }

  /** A document looks different: its tests follow, and outcomes that are new are shown as a run. */
  private async follow(uri: string): Promise<void> {
    const file = this.fileItem(Uri.parse(uri, true));
    const answer = await this.read(file);
    if (!answer) {
      // A file that is closed keeps its tests.
      if (file.uri?.scheme !== 'file') this.controller.items.delete(uri);
      return;
    }
    const outcomes = outcomesOf(answer.expectations);
    if (answer.running || outcomes === this.shown.get(uri)) return;
    this.shown.set(uri, outcomes);
    // A run of tests tells of them itself.
    if (this.testing.has(uri)) return;
    if (!answer.expectations.some(({ outcome }) => outcome && outcome !== 'not run')) return;
    const run = this.controller.createTestRun(new TestRunRequest([file]), file.label, false);
    this.tell(run, file, answer.expectations);
    run.end();
  }

  /** @param only ids of the tests to tell of; all where absent */
  private tell(run: TestRun, file: TestItem, marks: readonly ExpectationMark[], only?: ReadonlySet<string>): void {
    const ids = testIds(marks);
    marks.forEach((mark, index) => {
      const item = file.children.get(ids[index]!);
      if (!item || (only && !only.has(item.id))) return;
      const { is, message } = verdictOf(mark);
      run.appendOutput(`${is}: ${item.label}\r\n  ${message}\r\n`, undefined, item);
      if (is === 'passed') run.passed(item);
      else if (is === 'skipped') run.skipped(item);
      else {
        const said = new TestMessage(message);
        if (item.uri && item.range) said.location = new Location(item.uri, item.range);
        if (is === 'failed') run.failed(item, said);
        else run.errored(item, said);
      }
    });
  }

  private async run(request: TestRunRequest, token: CancellationToken): Promise<void> {
    const run = this.controller.createTestRun(request);
    const wanted = request.include ?? [...this.controller.items].map(([, item]) => item);
    const files = new Map<TestItem, Set<string> | undefined>();
    for (const item of wanted) {
      const file = item.parent ?? item;
      if (item.parent) files.set(file, (files.get(file) ?? new Set()).add(item.id));
      else files.set(file, undefined);
    }
    for (const [file, only] of files) {
      if (token.isCancellationRequested) break;
      await this.runFile(file, only, request, run, token).catch((error: unknown) => {
        for (const [, item] of file.children) run.errored(item, new TestMessage(reasonOf(error)));
      });
    }
    run.end();
  }

  private async runFile(
    file: TestItem,
    only: ReadonlySet<string> | undefined,
    request: TestRunRequest,
    run: TestRun,
    token: CancellationToken,
  ): Promise<void> {
    if (!file.uri) return;
    await this.resolve(file);
    const uri = file.uri.toString();
    const before = await this.ask(file.uri);
    const ids = testIds(before?.expectations ?? []);
    const excluded = new Set(request.exclude?.map(({ id }) => id));
    const chosen = new Set(ids.filter(id => (!only || only.has(id)) && !excluded.has(id)));
    const metrics = (before?.expectations ?? [])
      .filter((_, index) => chosen.has(ids[index]!))
      .map(({ metric }) => metric);
    if (metrics.length === 0) return;
    for (const id of chosen) {
      const item = file.children.get(id);
      if (item) run.started(item);
    }
    this.testing.add(uri);
    const cancelled = token.onCancellationRequested(() => void this.server.request('cancel', { uri }));
    try {
      const { started, reason } = await this.server.request('run', { uri, only: [...new Set(metrics)] });
      if (!started) throw new Error(reason ?? 'The experiment was not started.');
      let answer = await this.ask(file.uri);
      while (answer?.running) {
        await new Promise(resolve => setTimeout(resolve, LOOK_MS));
        // The editor closes a document that nobody shows after some minutes, and the server knows open ones only.
        await workspace.openTextDocument(file.uri);
        answer = await this.ask(file.uri);
      }
      await this.read(file);
      // The news of the same outcomes is on its way, and is none.
      this.shown.set(uri, outcomesOf(answer?.expectations ?? []));
      this.tell(run, file, answer?.expectations ?? [], chosen);
    } finally {
      cancelled.dispose();
      this.testing.delete(uri);
    }
  }
}

function outcomesOf(marks: readonly ExpectationMark[]): string {
  return JSON.stringify(marks.map(({ text, outcome, message }) => [text, outcome, message]));
}
