/**
 * The few controls of the view. A report uses what every browser has; the panel brings the editor's own
 * (`editor-controls.ts`).
 */
import { element } from './element.js';

export interface Controls {
  /** @param label what it does, for the tooltip and screen readers */
  readonly button: (text: string, label: string, act: () => void) => HTMLElement;
  /** A search field. `input` is called while the reader types, `enter` when they ask for the next match. */
  readonly search: (label: string, on: { input: (text: string) => void; enter: (text: string) => void }) => HTMLElement;
  /** One of several texts. `change` is told the index. */
  readonly choice: (
    label: string,
    texts: readonly string[],
    chosen: number,
    change: (index: number) => void,
  ) => HTMLElement;
  readonly toggle: (text: string, on: boolean, change: (on: boolean) => void) => HTMLElement;
}

/** The browser's own controls. */
export const plainControls: Controls = {
  button: (text, label, act) => {
    const node = element('button', { type: 'button', title: label, 'aria-label': label }, text);
    node.addEventListener('click', act);
    return node;
  },
  search: (label, { input, enter }) => {
    const node = element('input', { type: 'search', placeholder: 'Name or interval', 'aria-label': label });
    node.addEventListener('input', () => input(node.value));
    return keepingKeys(node, () => enter(node.value));
  },
  choice: (label, texts, chosen, change) => {
    const node = element('select', {}, ...texts.map(text => element('option', {}, text)));
    node.selectedIndex = chosen;
    node.addEventListener('change', () => change(node.selectedIndex));
    return element('label', {}, label, keepingKeys(node));
  },
  toggle: (text, on, change) => {
    const node = element('input', { type: 'checkbox' });
    node.checked = on;
    node.addEventListener('change', () => change(node.checked));
    return element('label', {}, node, text);
  },
};

/** Keys typed into a control must not move through the examples as well. */
export function keepingKeys<Kind extends HTMLElement>(node: Kind, enter?: () => void): Kind {
  node.addEventListener('keydown', event => {
    event.stopPropagation();
    if (event.key === 'Enter') enter?.();
  });
  return node;
}
