/** Entry of the results panel inside VS Code: connects the editor's messages with the view. */
import './validation.js';
import { connect } from './host.js';
import { PANEL_STYLESHEET } from './panel-stylesheet.js';
import { panelView } from './panel-view.js';
import { STYLESHEET } from './stylesheet.js';

function fail(reason: string): void {
  view.fail(`${reason}\nReload the window; if this stays, the extension is damaged: install it again.`);
}

// Constructed sheets need no exception in the content security policy.
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLESHEET + PANEL_STYLESHEET);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const host = connect(
  message => {
    try {
      view.receive(message);
    } catch (error) {
      fail(`These results cannot be drawn: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
  reason => fail(`The panel cannot read a message of the extension: ${reason}`),
);
const view = panelView(host);
document.body.replaceChildren(view.node);
host.post({ type: 'ready' });
