/** Signature help: the parameters of the catalog entry whose brackets are open around the cursor. */
import type { LangiumDocument, Lexer } from 'langium';
import type { LangiumServices, SignatureHelpProvider } from 'langium/lsp';
import type { SignatureHelp, SignatureHelpParams } from 'vscode-languageserver';
import { describeParameter, parameterLabel, signatureOf } from '../markdown.js';
import { cursorAt } from './cursor.js';

export class XomeSignatureHelpProvider implements SignatureHelpProvider {
  readonly signatureHelpOptions = { triggerCharacters: ['(', ','], retriggerCharacters: [':'] };
  private readonly lexer: Lexer;

  constructor(services: LangiumServices) {
    this.lexer = services.parser.Lexer;
  }

  provideSignatureHelp(document: LangiumDocument, params: SignatureHelpParams): SignatureHelp | undefined {
    const { textDocument } = document;
    const text = textDocument.getText();
    const { call } = cursorAt(text, textDocument.offsetAt(params.position), this.lexer);
    if (call === undefined) return undefined;
    const parameters = Object.entries(call.entry.parameters);
    const active = parameters.findIndex(([name]) => name === call.parameter);
    return {
      signatures: [
        {
          label: signatureOf(call.entry),
          documentation: call.entry.summary,
          parameters: parameters.map(([name, parameter]) => ({
            label: parameterLabel(name, parameter),
            documentation: { kind: 'markdown', value: describeParameter(name, parameter) },
          })),
        },
      ],
      activeSignature: 0,
      // One past the end: no parameter is highlighted.
      activeParameter: active < 0 ? parameters.length : active,
    };
  }
}
