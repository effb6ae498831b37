/**
 * Pieces that stay while what they show stays: a new view replaces only what differs, so that nothing flickers and the
 * reader keeps focus, opened tables and typed text.
 */

export interface Piece {
  /** Unlike all others of the same parent. */
  readonly id: string;
  /** Everything that the piece shows. */
  readonly content: string;
  readonly build: () => HTMLElement;
}

const shown = new WeakMap<Element, Map<string, { content: string; node: HTMLElement }>>();

/** Makes the children of a node these pieces, in this order; those whose content is as before are left alone. */
export function arrange(parent: Element, pieces: readonly Piece[]): void {
  const before = shown.get(parent) ?? new Map<string, { content: string; node: HTMLElement }>();
  const after = new Map<string, { content: string; node: HTMLElement }>();
  pieces.forEach(({ id, content, build }, place) => {
    const old = before.get(id);
    const kept = old?.content === content ? old : { content, node: build() };
    after.set(id, kept);
    if (old && old !== kept) exchange(old.node, kept.node);
    else if (parent.children[place] !== kept.node) parent.insertBefore(kept.node, parent.children[place] ?? null);
  });
  while (parent.children.length > pieces.length) parent.lastElementChild?.remove();
  shown.set(parent, after);
}

/** Replaces a node and carries over what the reader has done to it. */
function exchange(old: HTMLElement, node: HTMLElement): void {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...old.querySelectorAll('details[open] > summary')].map(summary => summary.textContent);
  const typed = old.querySelector('vscode-textfield')?.value ?? '';
  old.replaceWith(node);
  for (const summary of node.querySelectorAll('details > summary')) {
    if (opened.includes(summary.textContent)) summary.parentElement?.setAttribute('open', '');
  }
  const field = node.querySelector('vscode-textfield');
  if (field && typed !== '') field.value = typed;
  if (!focused) return;
  const same = [...node.querySelectorAll<HTMLElement>(focused.localName)].find(
    found => nameOf(found) === nameOf(focused),
  );
  same?.focus({ preventScroll: true });
}

/** What tells a focusable element from others of its kind. */
const nameOf = (node: Element): string =>
  node.getAttribute('aria-label') ?? node.getAttribute('label') ?? node.textContent;
