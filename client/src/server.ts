/**
 * The language server's process as the extension sees it: started when something needs it, without anybody waiting for it,
 * asked in typed requests whose answers are checked, restarted on demand.
 */
import type { Disposable, OutputChannel } from 'vscode';
import { EventEmitter, window } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type * as z from 'zod';
import type { ServerOptions } from '../../server/src/protocol.js';
import { EDITOR_NOTIFICATIONS, EDITOR_REQUESTS } from '../../server/src/protocol.js';

type Requests = typeof EDITOR_REQUESTS;

/** Commands that text of the server may link: they show, compare, pin and copy. */
const LINKED = ['show', 'compare', 'pin', 'copyTable', 'copyPython'].map(name => `explainome.${name}`);

/** `idle` until something needs it, `failed` until it is restarted; the reason is for people. */
export type ServerState = { is: 'idle' } | { is: 'starting' } | { is: 'ready' } | { is: 'failed'; reason: string };

export class Server implements Disposable {
  private readonly output: OutputChannel = window.createOutputChannel('Explainome');
  private readonly stateChanged = new EventEmitter<ServerState>();
  private readonly documentChanged = new EventEmitter<string>();
  private client: Promise<LanguageClient> | undefined;
  private current: ServerState = { is: 'idle' };

  /** Fires when the server starts, is ready or has failed. */
  readonly onDidChangeState = this.stateChanged.event;
  /** Fires with the address of a document whose view is to be asked for again. */
  readonly onDidChangeDocument = this.documentChanged.event;

  /**
   * @param module path of the built server
   * @param options read at every start, also after a crash
   */
  constructor(
    private readonly module: string,
    private readonly options: () => ServerOptions,
  ) {}

  get state(): ServerState {
    return this.current;
  }

  /** Failures end in the state and in the output channel, not here. */
  private start(): void {
    this.enter({ is: 'starting' });
    const client = this.connect();
    this.client = client;
    client.catch((error: unknown) => {
      this.output.appendLine(String(error));
      if (this.client === client) this.enter({ is: 'failed', reason: reasonOf(error) });
    });
  }

  /** Starts the server unless that has been done. */
  wake(): void {
    if (this.current.is === 'idle') this.start();
  }

  /** Ends the server, if there is one, and starts another. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  /**
   * Sends a request once the server is ready; wakes it.
   *
   * @throws Error when the server has failed or its answer is not what the protocol says
   */
  async request<K extends keyof Requests>(
    name: K,
    params: z.input<Requests[K]['params']>,
  ): Promise<z.output<Requests[K]['result']>> {
    const { method, result } = EDITOR_REQUESTS[name];
    this.wake();
    if (!this.client) throw new Error('The language server has ended. Run “Explainome: Restart Language Server”.');
    const client = await this.client;
    // The schema of this very request has checked it, which the compiler cannot follow through the union.
    return result.parse(await client.sendRequest(method, params)) as z.output<Requests[K]['result']>;
  }

  /** Tells the server of changed settings or trust; one that starts later reads them itself. */
  async sendOptions(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    await client?.sendNotification(EDITOR_NOTIFICATIONS.options.method, this.options());
  }

  showOutput(): void {
    this.output.show(true);
  }

  /** Ends the server. */
  async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    // One that failed to start, or has died, has nothing left to end.
    await client?.then(started => started.dispose()).catch(() => undefined);
  }

  dispose(): void {
    this.stateChanged.dispose();
    this.documentChanged.dispose();
    this.output.dispose();
  }

  private async connect(): Promise<LanguageClient> {
    // Loading the client library takes most of the activation: it is not on the way of the commands.
    const { LanguageClient, State, TransportKind } = await import('vscode-languageclient/node');
    const client = new LanguageClient(
      'explainome',
      'Explainome',
      { module: this.module, transport: TransportKind.ipc },
      {
        documentSelector: ['file', 'untitled'].map(scheme => ({ language: 'xome', scheme })),
        initializationOptions: () => this.options(),
        outputChannel: this.output,
        // Hovers hold pictures and tables; of all commands only harmless ones may be linked.
        markdown: { supportHtml: true, isTrusted: { enabledCommands: LINKED } },
      },
    );
    const { changed } = EDITOR_NOTIFICATIONS;
    client.onNotification(changed.method, (params: unknown) => {
      const read = changed.params.safeParse(params);
      if (read.success) this.documentChanged.fire(read.data.uri);
      else this.output.appendLine(`${changed.method}: ${read.error.message}`);
    });
    client.onDidChangeState(({ oldState, newState }) => {
      if (newState === State.Running) this.enter({ is: 'ready' });
      else if (newState === State.Starting) this.enter({ is: 'starting' });
      else if (oldState === State.Running && this.client !== undefined)
        this.enter({ is: 'failed', reason: 'The language server has ended.' });
    });
    await client.start();
    return client;
  }

  private enter(state: ServerState): void {
    this.current = state;
    this.stateChanged.fire(state);
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
