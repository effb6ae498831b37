/** Completion: only what fits at the cursor, with the catalog's documentation. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import type { LangiumDocument, Lexer } from 'langium';
import { UriUtils } from 'langium';
import type { CompletionProvider, LangiumServices, LangiumSharedServices } from 'langium/lsp';
import { CompletionItemKind, CompletionList, InsertTextFormat } from 'vscode-languageserver';
import type { CompletionItem, CompletionParams, Range } from 'vscode-languageserver';
import { findEntry, KINDS } from '../../catalog/index.js';
import type { Entry, Kind } from '../../catalog/index.js';
import { SYNONYMS } from '../../catalog/synonyms.js';
import type { Definition } from '../generated/ast.js';
import { resolveFile } from '../interpret/context.js';
import { headEntry } from '../interpret/facts.js';
import { describeParameter, hoverOf, signatureOf } from '../markdown.js';
import { entriesIn } from '../places.js';
import { visibleNames } from '../scope.js';
import { kindWords } from '../wording.js';
import { cursorAt } from './cursor.js';
import type { ClauseWord, Slot } from './cursor.js';

/** One proposal before it gets its place in the text; the rank sorts groups. */
type Proposal = CompletionItem & { readonly rank: number };

const STATEMENTS: Readonly<Record<'view' | 'export' | 'expect' | 'import', string>> = {
  view: 'A picture of results.',
  export: 'A file of results.',
  expect: 'A value that a metric must have for the explanation to be believed.',
  import: 'The declarations of another file.',
};

const CLAUSES: Readonly<Record<ClauseWord, string>> = {
  of: 'What it is applied to.',
  on: 'The data.',
  '|': 'A stage that the result goes through.',
};

/** Signs and words behind a name or a number. */
const SIGNS: Readonly<Record<string, string>> = {
  '<': 'The value must be smaller.',
  '<=': 'The value must be smaller, or the same.',
  '>': 'The value must be larger.',
  '>=': 'The value must be larger, or the same.',
  in: 'The value must lie between two others: `in 0.4..0.6`.',
  '..': 'The upper end follows.',
  at: 'The whole interval of this confidence must be on the right side: `at 95%`.',
  '%': 'A share.',
};

export class XomeCompletionProvider implements CompletionProvider {
  readonly completionOptions = { triggerCharacters: ['(', '|', ':', '.', '"', '/', '['] };
  private readonly lexer: Lexer;
  private readonly shared: LangiumSharedServices;
  /** Whether the editor understands places to fill in. */
  private snippets = false;
  private readonly documentationOf: (definition: Definition) => string | undefined;

  constructor(services: LangiumServices) {
    this.lexer = services.parser.Lexer;
    this.shared = services.shared;
    this.shared.lsp.LanguageServer.onInitialize(({ capabilities }) => {
      this.snippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
    });
    this.documentationOf = definition => services.documentation.DocumentationProvider.getDocumentation(definition);
  }

  async getCompletion(document: LangiumDocument, params: CompletionParams): Promise<CompletionList> {
    const { textDocument } = document;
    const text = textDocument.getText();
    const cursor = cursorAt(text, textDocument.offsetAt(params.position), this.lexer);
    const range: Range = { start: textDocument.positionAt(cursor.from), end: textDocument.positionAt(cursor.to) };
    // Where the brackets are there already, the name alone is wanted.
    const bare = !this.snippets || text[cursor.to] === '(';
    const proposals = await this.proposals(cursor.slot, document, cursor.from, bare);
    return CompletionList.create(
      proposals.map(({ rank, insertText, insertTextFormat, ...item }, index) => ({
        ...item,
        sortText: `${rank}${String(index).padStart(4, '0')}`,
        textEdit: { range, newText: insertText ?? item.label },
        ...(insertTextFormat && { insertTextFormat }),
      })),
    );
  }

  private async proposals(slot: Slot, document: LangiumDocument, offset: number, bare: boolean): Promise<Proposal[]> {
    switch (slot.is) {
      case 'statement':
        return statements();
      case 'clause':
        return [...slot.words.map(clause), ...(slot.newLine ? statements() : [])];
      case 'value': {
        const { place, keywords } = slot.expected;
        return [
          ...keywords.map(word => ({ label: word, kind: CompletionItemKind.EnumMember, detail: 'keyword', rank: 0 })),
          ...this.declarations(document, place.kinds, offset),
          ...entriesIn(place).map(entry => ({
            label: entry.name,
            // Found by what it is called elsewhere too.
            filterText: [entry.name, ...(SYNONYMS[entry.name] ?? [])].join(' '),
            kind: CompletionItemKind.Function,
            detail: signatureOf(entry),
            documentation: { kind: 'markdown' as const, value: hoverOf(entry) },
            ...(!bare && { insertText: snippetOf(entry), insertTextFormat: InsertTextFormat.Snippet }),
            rank: 2,
          })),
          ...slot.parameters.map(([name, parameter]) => ({
            label: `${name}:`,
            insertText: `${name}: `,
            kind: CompletionItemKind.Property,
            documentation: { kind: 'markdown' as const, value: describeParameter(name, parameter) },
            rank: 3,
          })),
        ];
      }
      case 'words':
        return [...slot.words.map(sign), ...(slot.newLine ? statements() : [])];
      case 'metric':
        return this.declarations(document, ['metric'], offset);
      case 'statistic':
        return this.statistics(document, slot.metric);
      case 'file':
        return this.files(document, slot.written, slot.extensions);
      case 'nothing':
        return [];
    }
  }

  /** Declarations of some kinds, without the one that is being written at the offset. */
  private declarations(document: LangiumDocument, kinds: readonly Kind[], offset: number): Proposal[] {
    const { own, imported } = visibleNames(document, this.shared);
    const around = (node: Definition): boolean =>
      node.$cstNode !== undefined && node.$cstNode.offset <= offset && offset <= node.$cstNode.end + 1;
    return [...own.filter(definition => !around(definition)), ...imported]
      .filter(({ name, kind }) => name !== undefined && kinds.includes(kind))
      .map(definition => {
        const documentation = this.documentationOf(definition);
        return {
          label: definition.name,
          kind: CompletionItemKind.Variable,
          detail: definition.$cstNode?.text ?? definition.kind,
          ...(documentation !== undefined && { documentation: { kind: 'markdown' as const, value: documentation } }),
          rank: 1,
        };
      });
  }

  private statistics(document: LangiumDocument, name: string): Proposal[] {
    const { own, imported } = visibleNames(document, this.shared);
    const metric = [...own, ...imported].find(definition => definition.name === name);
    const entry = metric && headEntry(metric);
    if (entry?.category !== 'metric') return [];
    return Object.entries(findEntry('metric', entry.name)?.statistics ?? {}).map(([label, statistic]) => ({
      label,
      kind: CompletionItemKind.Field,
      detail: statistic.unit,
      documentation: statistic.summary,
      rank: label === entry.headline ? 0 : 1,
    }));
  }

  /** Files and folders beside the document that a path may go on with. */
  private async files(document: LangiumDocument, written: string, extensions: readonly string[]): Promise<Proposal[]> {
    const folder = resolveFile(document.parseResult.value, written.slice(0, written.lastIndexOf('/') + 1) || '.');
    try {
      const entries = await this.shared.workspace.FileSystemProvider.readDirectory(folder);
      return entries
        .map(({ uri, isDirectory }) => {
          const label = UriUtils.basename(uri);
          // A folder may itself be what is asked for: a Zarr store.
          const fits = extensions.some(end => label.toLowerCase().endsWith(end));
          return { label, fits, isDirectory: isDirectory && !fits };
        })
        .filter(({ label, fits, isDirectory }) => (isDirectory ? !/^\.|\.zarr$/i.test(label) : fits))
        .sort((a, b) => a.label.localeCompare(b.label))
        .map(({ label, isDirectory }) => ({
          label: isDirectory ? `${label}/` : label,
          kind: isDirectory ? CompletionItemKind.Folder : CompletionItemKind.File,
          rank: isDirectory ? 1 : 0,
        }));
    } catch {
      // A folder that is not there has nothing to propose.
      return [];
    }
  }
}

/** A call with a place for everything that has to be given: `integrated_gradients(baseline: …)`. */
export function snippetOf({ name, parameters }: Entry): string {
  const required = Object.entries(parameters).filter(
    ([, parameter]) => parameter.default === undefined && parameter.optional !== true,
  );
  if (required.length === 0) return name;
  const places = required.map(([parameter, { type }], index) => {
    const place = type.is === 'path' || type.is === 'text' ? `"$${index + 1}"` : `\${${index + 1}}`;
    // The first parameter needs no name where it is the first in the call.
    return Object.keys(parameters)[index] === parameter && index === 0 ? place : `${parameter}: ${place}`;
  });
  return `${name}(${places.join(', ')})$0`;
}

function statements(): Proposal[] {
  const kinds = KINDS.map(kind => ({
    label: kind,
    kind: CompletionItemKind.Keyword,
    detail: `declares ${kindWords(kind)}`,
    rank: 0,
  }));
  const actions = Object.entries(STATEMENTS).map(([label, detail]) => ({
    label,
    kind: CompletionItemKind.Keyword,
    detail,
    rank: 1,
  }));
  return [...kinds, ...actions];
}

function sign(word: string): Proposal {
  const detail = SIGNS[word];
  return {
    label: word,
    kind: detail ? CompletionItemKind.Operator : CompletionItemKind.Unit,
    ...(detail && { detail }),
    rank: 0,
  };
}

function clause(word: ClauseWord): Proposal {
  return { label: word, kind: CompletionItemKind.Keyword, detail: CLAUSES[word], rank: 0 };
}
