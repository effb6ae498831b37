/** The controls of the panel: `@vscode-elements/elements`, which look and behave like the editor's own. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { VscodeButton } from '@vscode-elements/elements/dist/vscode-button/index.js';
import { keepingKeys, type Controls } from './controls.js';
import { describe, element } from './element.js';

/** A button with a text that says all. */
export function textButton(text: string, secondary: boolean, act: () => void): VscodeButton {
  const node = element('vscode-button', {}, text);
  node.secondary = secondary;
  node.addEventListener('click', act);
  return node;
}

export const editorControls: Controls = {
  button: (text, label, act) => {
    const node = textButton(text, true, act);
    describe(node, { title: label, 'aria-label': label });
    return node;
  },
  search: (label, { input, enter }) => {
    const node = element('vscode-textfield', { placeholder: 'Name or interval', label });
    node.type = 'search';
    node.addEventListener('input', () => input(node.value));
    return keepingKeys(node, () => enter(node.value));
  },
  choice: (label, texts, chosen, change) => {
    const node = element('vscode-single-select', { label });
    node.options = texts.map((text, index) => ({
      label: text,
      value: text,
      description: '',
      selected: index === chosen,
      disabled: false,
    }));
    node.selectedIndex = chosen;
    node.addEventListener('change', () => change(node.selectedIndex));
    return element('span', { class: 'labelled' }, label, keepingKeys(node));
  },
  toggle: (text, on, change) => {
    const node = element('vscode-checkbox', { label: text });
    node.checked = on;
    node.addEventListener('change', () => change(node.checked));
    return keepingKeys(node);
  },
};
