/** Hover: catalog entries with parameters and source, parameters, statistics, and declarations as they are written. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils, CstUtils, UriUtils } from 'langium';
import type { AstNode, LangiumDocument, LeafCstNode } from 'langium';
import type { HoverProvider, LangiumServices } from 'langium/lsp';
import type { Hover, HoverParams } from 'vscode-languageserver';
import { entriesNamed } from '../../catalog/index.js';
import { entryOf, parameterAt } from '../expected.js';
import { isArgument, isBuiltin, isCall, isDefinition, isExpectation } from '../generated/ast.js';
import type { Definition } from '../generated/ast.js';
import { attributionFacts, headEntry } from '../interpret/facts.js';
import { describeParameter, hoverOf } from '../markdown.js';

export class XomeHoverProvider implements HoverProvider {
  constructor(private readonly services: LangiumServices) {}

  getHoverContent(document: LangiumDocument, params: HoverParams): Hover | undefined {
    const root = document.parseResult.value.$cstNode;
    if (root === undefined) return undefined;
    const offset = document.textDocument.offsetAt(params.position);
    const leaf = CstUtils.findLeafNodeAtOffset(root, offset);
    if (leaf === undefined || leaf.hidden) return undefined;
    const value = this.contentOf(leaf, document);
    return value === undefined ? undefined : { contents: { kind: 'markdown', value }, range: leaf.range };
  }

  private contentOf(leaf: LeafCstNode, document: LangiumDocument): string | undefined {
    const node = leaf.astNode;
    if (isArgument(node) && leaf.text === node.parameter) {
      const parameter = parameterAt(node);
      return parameter && describeParameter(...parameter);
    }
    if (isExpectation(node)) {
      const metric = node.metric?.ref;
      if (metric === undefined) return undefined;
      return leaf.text === node.statistic ? statistic(metric, leaf.text) : this.declaration(metric, document);
    }
    if (isDefinition(node)) {
      const named = this.services.references.NameProvider.getNameNode(node);
      return named?.offset === leaf.offset ? this.declaration(node, document) : undefined;
    }
    if (isBuiltin(node)) return entriesNamed(node.name).map(hoverOf).join('\n\n---\n\n') || undefined;
    return isCall(node) ? this.callee(node, document) : undefined;
  }

  private callee(node: AstNode, document: LangiumDocument): string | undefined {
    if (!isCall(node)) return undefined;
    const named = node.callee?.ref;
    if (isDefinition(named)) return this.declaration(named, document);
    if (named === undefined) return undefined;
    const entry = entryOf(node);
    if (entry !== undefined) return hoverOf(entry);
    const argument = AstUtils.getContainerOfType(node, isArgument);
    const parameter = argument && parameterAt(argument);
    if (parameter !== undefined) return `\`${named.name}\` for ${describeParameter(...parameter)}`;
    return entriesNamed(named.name).map(hoverOf).join('\n\n---\n\n') || undefined;
  }

  /** Documentation, written form, and what is known of it beyond the text. */
  private declaration(definition: Definition, from: LangiumDocument): string {
    const parts = ['```xome\n' + (definition.$cstNode?.text ?? `${definition.kind} ${definition.name}`) + '\n```'];
    const documentation = this.services.documentation.DocumentationProvider.getDocumentation(definition);
    if (documentation !== undefined) parts.push(documentation);
    const notes: string[] = [];
    if (definition.kind === 'attribution') {
      const { map, complete } = attributionFacts(definition);
      if (map !== undefined)
        notes.push(`Map: ${map}`, complete ? 'claims completeness' : 'does not claim completeness');
    }
    const document = AstUtils.getDocument(definition);
    if (document !== from) notes.push(`from ${UriUtils.basename(document.uri)}`);
    if (notes.length > 0) parts.push(notes.join(' · '));
    const summary = headEntry(definition)?.summary;
    if (summary !== undefined) parts.push(summary);
    return parts.join('\n\n');
  }
}

function statistic(metric: Definition, name: string): string | undefined {
  const entry = headEntry(metric);
  const found = entry?.category === 'metric' ? entry.statistics[name] : undefined;
  if (found === undefined || entry === undefined) return undefined;
  const better = found.better === 'neither' ? '' : `, ${found.better} is better`;
  const interval = found.interval ? 'with interval' : 'without interval';
  return `\`${entry.name}.${name}\` (${found.unit}${better}, ${interval}): ${found.summary}`;
}
