/**
 * The language server: the language's services, and beside them the results of every open experiment, the runs that the
 * editor asks for, and the messages of protocol.ts that are not part of LSP.
 */
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodeLensRefreshRequest, ErrorCodes, InlayHintRefreshRequest, ResponseError } from 'vscode-languageserver';
import type { Connection, Diagnostic, InitializeParams } from 'vscode-languageserver';
import type * as z from 'zod';
import type { ServedLanguage } from '../language/serve.js';
import { serveLanguage } from '../language/serve.js';
import { catalogText } from '../language/library.js';
import type { LintOptions } from '../language/lints/check.js';
import type { OpenExperiment } from '../language/open-experiments.js';
import type { Problem } from '../protocol.js';
import { EDITOR_NOTIFICATIONS, EDITOR_REQUESTS, ServerOptions } from '../protocol.js';
import type { HeaderReader } from '../language/headers.js';
import { engineHeaders } from '../run/headers.js';
import { coalesce } from './coalesce.js';
import { pythonOf, tableOf } from './copies.js';
import { diagnosticsOf, FIRST_LINE, MergedDiagnostics, problemDiagnostic } from './diagnostics.js';
import type { StartEngine } from './current-engine.js';
import { CurrentEngine } from './current-engine.js';
import { expectationsOf } from './expectations.js';
import { hintsOf } from './hints.js';
import { hoverOf } from './hovers.js';
import { modelHover } from './model-hover.js';
import { Jobs, NO_ENGINE } from './jobs.js';
import { lensesOf } from './lenses.js';
import { explanationsOf, paintedRows, rowHover } from './rows.js';
import { BACKEND, Session } from './session.js';
import { KnownShapes } from './shapes.js';

export interface ServerParts {
  readonly connection: Connection;
  readonly startEngine: StartEngine;
  /** Address of the page that explains lints. */
  readonly lintPage?: string;
  /** Where the language reads files from; the disk by default. */
  readonly files?: NonNullable<ServedLanguage['files']>;
}

/** Milliseconds between two messages that ask the editor to look again. */
const CHANGED_MS = 100;
/** Milliseconds between two checks because files change: a model that is being written changes all the time. */
const FILES_MS = 1000;

/**
 * Editors that pass no options have no notion of trust: they start the server because their user has configured it. Options
 * that cannot be read are another matter.
 */
const UNCONFIGURED: ServerOptions = { trusted: true, engineNode: '', threads: 0, lints: {} };
const RESTRICTED: ServerOptions = { ...UNCONFIGURED, trusted: false };

const NOT_TRUSTED =
  'This workspace is not trusted, so nothing runs and no model is opened. Trust it to run experiments.';

/** Starts to listen on the connection. */
export function startServer({ connection, startEngine, files, lintPage }: ServerParts): void {
  new Server(connection, startEngine, files, lintPage).start();
}

class Server {
  private readonly sessions = new Map<string, { readonly session: Session; readonly changed: () => void }>();
  /** How lenses and hints of a document looked when the editor was last asked to look. */
  private readonly appearances = new Map<string, string>();
  private readonly engine: CurrentEngine;
  private readonly jobs: Jobs;
  private readonly diagnostics: MergedDiagnostics;
  private readonly language: ReturnType<typeof serveLanguage>;
  private readonly lints: LintOptions;
  private readonly shapes = new KnownShapes();
  private options = UNCONFIGURED;
  private folders: readonly string[] = [];
  /** The editor has said that it goes: nothing is sent any more. */
  private leaving = false;
  private refreshable = { lenses: false, hints: false };
  /** Why headers cannot be read: the engine does not work. */
  private engineProblem: Problem | undefined;

  constructor(
    private readonly client: Connection,
    startEngine: StartEngine,
    files: ServerParts['files'],
    lintPage: string | undefined,
  ) {
    this.lints = { levels: () => this.options.lints, ...(lintPage !== undefined && { page: lintPage }) };
    this.engine = new CurrentEngine(startEngine);
    this.diagnostics = new MergedDiagnostics(client, uri => this.diagnosticsOf(uri));
    this.jobs = new Jobs(this.engine, () => client.window.createWorkDoneProgress().catch(() => undefined), {
      moved: ({ uri }) => this.changed(uri),
      stepStarted: ({ uri }, { key }) => void this.session(uri)?.failures.delete(key),
      stepEnded: (job, { key }, result, cancelled) => {
        const session = this.session(job.uri);
        if (!session) return;
        if (result.status === 'complete') session.computed(job.plan, key);
        else if (result.status === 'failed') session.failures.set(key, result.problem);
        else if (!cancelled) session.failures.set(key, undefined);
        void session.refresh();
      },
      ended: async ({ uri }, failure) => {
        const session = this.session(uri);
        if (session) session.runFailure = failure;
        // Other documents may have computed the same.
        await Promise.all(this.all.map(session => session.refresh()));
      },
    });
    const reader = engineHeaders(this.engine, problem => this.headerProblem(problem));
    const headers: HeaderReader = {
      describe: async (call, folder) => {
        const description = this.options.trusted ? await reader.describe(call, folder) : undefined;
        if (description) this.engineProblem = undefined;
        if (description && description.is !== 'fault') this.shapes.learn(call, folder, description);
        return description;
      },
    };
    this.language = serveLanguage({
      connection: this.diagnostics.connection,
      headers,
      surfaces: {
        lenses: uri => {
          const session = this.options.trusted ? this.session(uri) : undefined;
          return session ? lensesOf(session, this.jobs.of(session.checked.uri).length > 0) : [];
        },
        hints: (uri, range) => {
          const session = this.session(uri);
          return session ? hintsOf(session, range, this.shapes) : [];
        },
        hover: async (uri, declaration) => {
          const session = this.session(uri);
          // A result that cannot be read must not take the language's own hover along.
          const found = session && (await hoverOf(session, declaration).catch(() => undefined));
          if (found !== undefined || session?.checked.experiment === undefined) return found;
          return modelHover(session.checked.experiment, declaration, headers).catch(() => undefined);
        },
      },
      lints: this.lints,
      onInitialize: params => this.initialize(params),
      ...(files && { files }),
    });
  }

  start(): void {
    const { client, language } = this;
    language.open.listen({
      checked: experiment => this.checked(experiment),
      closed: uri => this.closed(uri),
      filesChanged: coalesce(FILES_MS, () => void language.open.checkAgain()),
    });
    const { run, cancel, view, expectations, copy, rowHover: row, explanations, painted, library } = EDITOR_REQUESTS;
    this.onRequest(run, ({ uri, only }) => this.run(uri, only));
    this.onRequest(cancel, ({ uri }) => ({ cancelled: this.jobs.cancel(this.normalized(uri)) }));
    this.onRequest(view, async ({ uri }) => (await this.opened(uri))?.view() ?? null);
    this.onRequest(expectations, async ({ uri }) => {
      const session = await this.opened(uri);
      if (!session) return null;
      const running = this.jobs.of(session.checked.uri).length > 0;
      return { running, expectations: expectationsOf(session) };
    });
    this.onRequest(copy, async ({ uri, name, as }) => {
      const session = await this.opened(uri);
      const text = session && (await (as === 'table' ? tableOf(session, name) : pythonOf(session, name)));
      return text === undefined ? null : { text };
    });
    this.onRequest(row, async ({ uri, rows: names, index, position }) => {
      const markdown = await rowHover(this.all, fileURLToPath(uri), { names, index, position });
      return markdown === undefined ? null : { markdown };
    });
    this.onRequest(explanations, ({ uri }) => ({ attributions: explanationsOf(this.all, fileURLToPath(uri)) }));
    this.onRequest(painted, async ({ uri, by, rows }) => {
      const levels = await paintedRows(this.all, fileURLToPath(uri), by, rows);
      return levels === undefined ? null : { levels };
    });
    this.onRequest(library, () => ({ text: catalogText() }));
    client.onNotification(EDITOR_NOTIFICATIONS.options.method, (raw: unknown) => this.configure(raw));
    client.onShutdown(async () => {
      this.jobs.cancelAll();
      this.leaving = true;
      this.diagnostics.close();
      for (const { session } of this.sessions.values()) session.close();
      await this.engine.dispose();
    });
    language.start();
  }

  /** Registers a request whose parameters the schema checks. */
  private onRequest<P extends z.ZodType, R extends z.ZodType>(
    { method, params }: { readonly method: string; readonly params: P; readonly result: R },
    handle: (params: z.infer<P>) => z.input<R> | Promise<z.input<R>>,
  ): void {
    this.client.onRequest(method, async (raw: unknown) => {
      const parsed = params.safeParse(raw);
      if (parsed.success) return handle(parsed.data);
      const [issue] = parsed.error.issues;
      const where = [method, ...(issue?.path ?? [])].join('.');
      return new ResponseError(ErrorCodes.InvalidParams, `${where}: ${issue?.message ?? 'not what is expected'}`);
    });
  }

  private initialize({ initializationOptions, capabilities, workspaceFolders }: InitializeParams): void {
    if (initializationOptions !== undefined && initializationOptions !== null) {
      this.options = ServerOptions.safeParse(initializationOptions).data ?? RESTRICTED;
      this.engine.use(this.options.engineNode);
    }
    this.folders = (workspaceFolders ?? []).flatMap(({ uri }) => (uri.startsWith('file:') ? [fileURLToPath(uri)] : []));
    this.refreshable = {
      lenses: capabilities.workspace?.codeLens?.refreshSupport === true,
      hints: capabilities.workspace?.inlayHint?.refreshSupport === true,
    };
  }

  /** The workspace was trusted, or a setting changed. */
  private configure(raw: unknown): void {
    const options = ServerOptions.safeParse(raw);
    if (!options.success) {
      this.client.console.error(`${EDITOR_NOTIFICATIONS.options.method} is not what the protocol says: ignored.`);
      return;
    }
    const before = this.options;
    this.options = options.data;
    this.engine.use(this.options.engineNode);
    if (!this.options.trusted) this.jobs.cancelAll();
    this.engineProblem = undefined;
    for (const uri of this.sessions.keys()) this.changed(uri);
    const otherLints = JSON.stringify(before.lints) !== JSON.stringify(this.options.lints);
    const otherEngine = this.options.trusted && (!before.trusted || before.engineNode !== this.options.engineNode);
    if (otherLints || otherEngine) void this.language.open.checkAgain();
  }

  private checked(experiment: OpenExperiment): void {
    const { uri } = experiment;
    const known = this.sessions.get(uri);
    if (known) {
      known.session.update(experiment);
      return;
    }
    const changed = coalesce(CHANGED_MS, () => this.tell(uri));
    const session = new Session(experiment, {
      jobs: this.jobs,
      forbidden: () => (this.options.trusted ? undefined : NOT_TRUSTED),
      workspaceOf: file => this.folders.find(folder => contains(folder, file)),
      changed,
    });
    this.sessions.set(uri, { session, changed });
    void session.refresh();
  }

  /** A run goes on without its document: it may have been waiting for hours already. */
  private closed(uri: string): void {
    this.session(uri)?.close();
    this.sessions.delete(uri);
    this.appearances.delete(uri);
    void this.diagnostics.publish(uri);
  }

  /** The session of a document, once its text has been checked; undefined when it is no open experiment. */
  private async opened(uri: string): Promise<Session | undefined> {
    const experiment = await this.language.open.current(this.normalized(uri));
    if (!experiment) return undefined;
    // The answer may come before the news of the same check.
    if (!this.session(experiment.uri)) this.checked(experiment);
    return this.session(experiment.uri);
  }

  private get all(): Session[] {
    return [...this.sessions.values()].map(({ session }) => session);
  }

  private session(uri: string): Session | undefined {
    return this.sessions.get(this.normalized(uri))?.session;
  }

  private normalized(uri: string): string {
    return this.language.open.normalized(uri) ?? uri;
  }

  private async run(
    uri: string,
    only: readonly string[] | undefined,
  ): Promise<z.input<typeof EDITOR_REQUESTS.run.result>> {
    const refused = (reason: string) => ({ started: false, reason });
    if (!this.options.trusted) return refused(NOT_TRUSTED);
    const session = await this.opened(uri);
    if (!session) return refused('The document is not open.');
    const prepared = await session.prepare(only);
    if ('reason' in prepared) return refused(prepared.reason);
    const { plan, store } = prepared;
    const keys = plan.steps.map(({ key }) => key).join();
    const active = this.jobs.of(session.checked.uri);
    if (active.some(job => job.plan.steps.map(({ key }) => key).join() === keys))
      return refused('This run is under way already.');
    for (const { key } of plan.steps) session.failures.delete(key);
    session.runFailure = undefined;
    // Shows the declarations as waiting, also where there was no store before.
    await session.refresh();
    const executor = { backend: BACKEND, threads: this.options.threads } as const;
    this.jobs.start({ uri: session.checked.uri, plan, store, executor });
    return { started: true };
  }

  private headerProblem(problem: Problem): void {
    // Only the engine's own faults: a file that cannot be read is reported when it is run.
    if (!NO_ENGINE.has(problem.code) || this.engineProblem) return;
    this.engineProblem = { ...problem, message: `Models and data are not checked: ${problem.message}` };
    for (const uri of this.sessions.keys()) this.changed(uri);
  }

  private diagnosticsOf(uri: string): Diagnostic[] {
    const session = this.session(uri);
    if (!session) return [];
    const engine = this.engineProblem ? [problemDiagnostic(FIRST_LINE, this.engineProblem)] : [];
    return [...diagnosticsOf(session, this.lints), ...engine];
  }

  private changed(uri: string): void {
    this.sessions.get(uri)?.changed();
  }

  /** Tells the editor that a document's results look different now. */
  private tell(uri: string): void {
    if (this.leaving || !this.sessions.has(uri)) return;
    void this.diagnostics.publish(uri);
    void this.client.sendNotification(EDITOR_NOTIFICATIONS.changed.method, { uri });
    const session = this.session(uri);
    const shapes = session?.checked.experiment && this.shapes.of(session.checked.experiment);
    const appearance = JSON.stringify([session?.appearance, [...(shapes ?? [])]]);
    if (appearance === this.appearances.get(uri)) return;
    this.appearances.set(uri, appearance);
    // An editor that is going away does not answer.
    const ask = (type: { readonly method: string }) => void this.client.sendRequest(type.method).catch(() => undefined);
    if (this.refreshable.lenses) ask(CodeLensRefreshRequest.type);
    if (this.refreshable.hints) ask(InlayHintRefreshRequest.type);
  }
}

function contains(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== '' && !path.startsWith('..') && !isAbsolute(path);
}
