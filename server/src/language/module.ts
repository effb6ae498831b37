/** The language's services: Langium's defaults, and in their place those of this folder. */
import { inject } from 'langium';
import type { DeepPartial, Module } from 'langium';
import { createDefaultModule, createDefaultSharedModule } from 'langium/lsp';
import type {
  DefaultSharedModuleContext,
  LangiumServices,
  LangiumSharedServices,
  PartialLangiumServices,
} from 'langium/lsp';
import { XomeCommentProvider, XomeDocumentationProvider } from './comments.js';
import { XomeCodeActionProvider } from './editor/quick-fixes.js';
import { XomeCompletionProvider } from './editor/completion.js';
import { XomeDocumentLinkProvider } from './editor/document-links.js';
import { XomeDocumentSymbolProvider } from './editor/outline.js';
import { XomeFoldingRangeProvider } from './editor/folding.js';
import { XomeFormatter } from './editor/formatting.js';
import { XomeHoverProvider } from './editor/hover.js';
import { XomeLanguageServer } from './editor/language-server.js';
import { XomeRenameProvider } from './editor/rename.js';
import { ResultHoverProvider, XomeCodeLensProvider, XomeInlayHintProvider } from './editor/result-surfaces.js';
import type { ResultSurfaces } from './editor/result-surfaces.js';
import { XomeSemanticTokenProvider } from './editor/semantic-tokens.js';
import { XomeSignatureHelpProvider } from './editor/signature-help.js';
import { XomeWorkspaceSymbolProvider } from './editor/workspace-symbols.js';
import { XomeGeneratedModule, XomeGeneratedSharedModule } from './generated/module.js';
import { registerHeaderChecks } from './headers.js';
import type { HeaderReader } from './headers.js';
import { XomeLexer } from './lexer.js';
import { LintChecks } from './lints/check.js';
import type { LintOptions } from './lints/check.js';
import { XomeAsyncParser, XomeParser } from './parser.js';
import { XomeScopeProvider } from './scope.js';
import { registerChecks } from './validation.js';
import { XomeDocumentValidator } from './validator.js';
import { XomeDocumentBuilder, XomeDocumentUpdateHandler, XomeIndexManager, XomeWorkspaceManager } from './workspace.js';

const module: Module<LangiumServices, PartialLangiumServices> = {
  documentation: {
    CommentProvider: () => new XomeCommentProvider(),
    DocumentationProvider: services => new XomeDocumentationProvider(services),
  },
  lsp: {
    CodeActionProvider: services => new XomeCodeActionProvider(services),
    CompletionProvider: services => new XomeCompletionProvider(services),
    DocumentLinkProvider: services => new XomeDocumentLinkProvider(services),
    DocumentSymbolProvider: () => new XomeDocumentSymbolProvider(),
    FoldingRangeProvider: services => new XomeFoldingRangeProvider(services),
    Formatter: services => new XomeFormatter(services),
    HoverProvider: services => new XomeHoverProvider(services),
    RenameProvider: services => new XomeRenameProvider(services),
    SemanticTokenProvider: services => new XomeSemanticTokenProvider(services),
    SignatureHelp: services => new XomeSignatureHelpProvider(services),
  },
  parser: {
    Lexer: services => new XomeLexer(services),
    LangiumParser: services => new XomeParser(services),
    AsyncParser: services => new XomeAsyncParser(services),
  },
  references: {
    ScopeProvider: services => new XomeScopeProvider(services),
  },
  validation: {
    DocumentValidator: services => new XomeDocumentValidator(services),
  },
};

const sharedModule: Module<LangiumSharedServices, DeepPartial<LangiumSharedServices>> = {
  lsp: {
    DocumentUpdateHandler: services => new XomeDocumentUpdateHandler(services),
    LanguageServer: services => new XomeLanguageServer(services),
    WorkspaceSymbolProvider: services => new XomeWorkspaceSymbolProvider(services),
  },
  workspace: {
    WorkspaceManager: services => new XomeWorkspaceManager(services),
    DocumentBuilder: services => new XomeDocumentBuilder(services),
    IndexManager: services => new XomeIndexManager(services),
  },
};

/** The services that show results, where there are any to show. */
function resultModule(surfaces: ResultSurfaces): Module<LangiumServices, PartialLangiumServices> {
  return {
    lsp: {
      CodeLensProvider: () => new XomeCodeLensProvider(surfaces),
      HoverProvider: services => new ResultHoverProvider(services, surfaces),
      InlayHintProvider: () => new XomeInlayHintProvider(surfaces),
    },
  };
}

export interface XomeServices {
  readonly shared: LangiumSharedServices;
  readonly xome: LangiumServices;
}

/**
 * Creates the services of one language server, command line call or test.
 *
 * @param context file system and, in a server, the connection
 * @param headers reads headers of models and data for the slow checks; without it they are not made
 * @param surfaces what lenses, hints and hovers say of results; without it they say nothing
 * @param lints how serious each lint is; as the lint itself says without it
 */
export function createXomeServices(
  context: DefaultSharedModuleContext,
  headers?: HeaderReader,
  surfaces?: ResultSurfaces,
  lints: LintOptions = { levels: () => ({}) },
): XomeServices {
  const shared = inject(createDefaultSharedModule(context), XomeGeneratedSharedModule, sharedModule);
  const results = surfaces && resultModule(surfaces);
  const xome = inject(createDefaultModule({ shared }), XomeGeneratedModule, module, results ?? {});
  shared.ServiceRegistry.register(xome);
  registerChecks(xome);
  const checks = new LintChecks(xome, lints);
  checks.register();
  if (headers !== undefined) registerHeaderChecks(xome, headers, checks);
  return { shared, xome };
}
