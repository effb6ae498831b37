/**
 * Walking through a tree and its text. Langium's own walks are lazy and general, and take most of the time of a request about
 * a long text; what is asked of every node has to be quick.
 */
import { AstUtils, GrammarAST, isAstNode, isCompositeCstNode } from 'langium';
import type { AstNode, CstNode } from 'langium';

const properties = new WeakMap<object, { readonly name: string | undefined }>();

/** The property of the tree that a node of the text is assigned to; undefined for punctuation, and for alternatives of a value. */
export function propertyOf({ grammarSource }: CstNode): string | undefined {
  if (grammarSource === undefined) return undefined;
  let property = properties.get(grammarSource);
  if (property === undefined) {
    property = { name: AstUtils.getContainerOfType(grammarSource, GrammarAST.isAssignment)?.feature };
    properties.set(grammarSource, property);
  }
  return property.name;
}

/** Where a property of a node stands in the text; of a list, its first element. */
export function partOf({ $cstNode }: AstNode, property: string): CstNode | undefined {
  return $cstNode && find($cstNode, property);
}

function find(node: CstNode, property: string): CstNode | undefined {
  if (!isCompositeCstNode(node)) return undefined;
  for (const child of node.content) {
    const assigned = propertyOf(child);
    if (assigned === property) return child;
    const deeper = assigned === undefined ? find(child, property) : undefined;
    if (deeper) return deeper;
  }
  return undefined;
}

/** A node and all nodes in it, outer before inner, in the order of the text. */
export function nodesOf(root: AstNode | undefined): AstNode[] {
  const nodes: AstNode[] = [];
  const add = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(add);
    else if (isAstNode(value)) {
      nodes.push(value);
      for (const [name, part] of Object.entries(value)) if (!name.startsWith('$')) add(part);
    }
  };
  add(root);
  return nodes;
}
