/** Entry of the self-contained report: draws the embedded snapshot in place of the plain tables. */
import './validation.js';
import { plainControls } from './controls.js';
import { embeddedArrays, embeddedSnapshot } from './embedded.js';
import { element } from './element.js';
import { page } from './page.js';
import { STYLESHEET } from './stylesheet.js';
import { watchTheme } from './theme.js';

/** There is no editor to go to: a name is only a name. */
const plainName = (declaration: string, text = declaration): HTMLElement => element('code', {}, text);

/** Hands a file to the browser, which asks the reader or puts it where downloads go. */
function download(name: string, content: string | Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([content]));
  element('a', { href: address, download: name }).click();
  // After the click has been followed.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function draw(): void {
  const plain = document.getElementById('plain');
  try {
    const snapshot = embeddedSnapshot(document);
    const arrays = embeddedArrays(document);
    // A constructed sheet needs no exception in the content security policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLESHEET);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const surroundings = {
      theme: watchTheme(),
      controls: plainControls,
      name: plainName,
      save: download,
      copy: (text: string) => navigator.clipboard.writeText(text),
      remedy: 'Write the report again.',
    };
    const drawn = page(surroundings, snapshot, arrays);
    if (plain) plain.replaceWith(drawn);
    else document.body.prepend(drawn);
  } catch (error) {
    // The plain tables stay: they hold the same numbers.
    const reason = error instanceof Error ? error.message : String(error);
    plain?.prepend(element('p', { role: 'alert' }, `The pictures of this report cannot be drawn: ${reason}`));
  }
}

draw();
