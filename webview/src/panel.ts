/** Entry of the results panel inside VS Code. */
import './validation.js';
import { connect } from './host.js';
import type { ToPanel } from '../../server/src/protocol.js';
import { element } from './element.js';
import { page } from './page.js';
import { STYLESHEET } from './stylesheet.js';
import { watchTheme } from './theme.js';

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLESHEET);
document.adoptedStyleSheets = [sheet];

function show(message: ToPanel): void {
  if (message.type === 'select') return;
  if (message.type === 'empty' || !message.view.snapshot) {
    document.body.replaceChildren(element('p', {}, message.type === 'empty' ? message.message : 'No results yet.'));
    return;
  }
  const arrays = new Map(
    message.arrays.map(({ name, type, data }) => [
      name,
      type === 'uint8' ? new Uint8Array(data) : new Float32Array(data),
    ]),
  );
  document.body.replaceChildren(page(watchTheme(), message.view.snapshot, arrays));
}

connect(show, reason => document.body.prepend(element('p', { role: 'alert' }, reason)));
