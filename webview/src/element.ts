/** Builds DOM nodes from data. Text only ever enters as text nodes, so no name from a file can become markup. */

type Child = Node | string | undefined;
/** Attributes by name; an undefined one is left out. */
type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** A piece of code that may break after its punctuation, for narrow columns. */
export function breakable(code: string): Node[] {
  return code.split(/(?<=[(_:,|])/).flatMap(part => [document.createTextNode(part), document.createElement('wbr')]);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** Sets attributes of a node that is there already. */
export function describe(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) node.setAttribute(name, String(value));
  }
}

function fill<Kind extends Element>(node: Kind, attributes: Attributes, children: readonly Child[]): Kind {
  describe(node, attributes);
  for (const child of children) if (child !== undefined) node.append(child);
  return node;
}
