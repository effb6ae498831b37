/**
 * The editor as the panel sees it: typed messages both ways and the state that survives a reload of the window. Every
 * message is checked before it is believed.
 */
import * as z from 'zod';
import { ToPanel, type FromPanel } from '../../server/src/protocol.js';

/** What VS Code puts into a webview; may be asked for once. */
interface EditorApi {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): EditorApi;

export interface Host {
  readonly post: (message: FromPanel) => void;
  readonly load: () => unknown;
  readonly save: (state: object) => void;
}

/**
 * Connects to the editor. Nothing is sent yet: the panel says `ready` when it can draw.
 *
 * @param receive called with every message that holds what the protocol demands
 * @param reject called with what is wrong with any other
 */
export function connect(receive: (message: ToPanel) => void, reject: (reason: string) => void): Host {
  const editor = acquireVsCodeApi();
  const host: Host = {
    post: message => editor.postMessage(message),
    load: () => editor.getState(),
    save: state => editor.setState(state),
  };
  addEventListener('message', event => {
    const read = ToPanel.safeParse(event.data);
    if (read.success) receive(read.data);
    else reject(z.prettifyError(read.error));
  });
  return host;
}
