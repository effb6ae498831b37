/**
 * Results as diagnostics: expectations that are not met on the lines that claim them, failures on the declarations that ran.
 * They are published together with what the language finds in the same document.
 */
import { DiagnosticSeverity } from 'vscode-languageserver';
import type { Connection, Diagnostic, DiagnosticRelatedInformation } from 'vscode-languageserver';
import { UNMET } from '../language/editor/expectation-fixes.js';
import type { SourceRange } from '../language/experiment.js';
import type { LintOptions } from '../language/lints/check.js';
import { pageOf, severityOf } from '../language/lints/check.js';
import { ignoreOf, ignoresIn } from '../language/lints/ignores.js';
import { findLint } from '../language/lints/lints.js';
import type { Outcome, Problem, Snapshot } from '../protocol.js';
import type { Session } from './session.js';
import { resultsOf } from './values.js';

const SOURCE = 'explainome';

const EXPECTED: Readonly<Partial<Record<Outcome, { readonly code: string; readonly severity: DiagnosticSeverity }>>> = {
  failed: { code: UNMET.failed, severity: DiagnosticSeverity.Error },
  'not shown': { code: UNMET.open, severity: DiagnosticSeverity.Error },
  'met, not shown': { code: UNMET.unasked, severity: DiagnosticSeverity.Hint },
};

export function diagnosticsOf(session: Session, lints: LintOptions): Diagnostic[] {
  return [...expectations(session), ...doubts(session, lints), ...failures(session), ...wholeRun(session)];
}

const LEVELS = { information: 'info', warning: 'warning' } as const;

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const;

/** What lints of results need to know of a session. */
interface Doubtful {
  readonly checked: Pick<Session['checked'], 'file' | 'texts' | 'declarations'>;
  readonly shown:
    { readonly snapshot: Pick<Snapshot, 'data' | 'maps' | 'tables' | 'benchmarks' | 'metrics'> } | undefined;
  readonly stale: ReadonlySet<string>;
}

/** Lints that the present results show, at the declarations that they belong to. */
export function doubts({ checked, shown, stale }: Doubtful, { levels, page }: LintOptions): Diagnostic[] {
  if (!shown) return [];
  const ignores = ignoresIn(checked.texts.get(checked.file ?? '') ?? '');
  // What is true of the examples is told at the first of their attributions, not at each.
  const said = new Set<string>();
  return resultsOf(shown.snapshot).flatMap(({ name, notes, ...result }) => {
    const declared = checked.declarations.find(declaration => declaration.name === name);
    if (!declared || stale.has(name)) return [];
    return notes.flatMap(({ code, level, message }) => {
      const lint = findLint(code);
      const severity = lint && severityOf(lint, levels(), LEVELS[level]);
      if (!lint || !severity || ignoreOf(ignores, code, declared.nameRange, declared.range)) return [];
      const same = JSON.stringify([code, message, 'data' in result && result.data]);
      if ('data' in result && said.has(same)) return [];
      said.add(same);
      const href = pageOf(code, page);
      return diagnostic(declared.nameRange, {
        code,
        severity: SEVERITIES[severity],
        message: `${message}\n${lint.remedy}`,
        ...(href !== undefined && { codeDescription: { href } }),
      });
    });
  });
}

function expectations({ checked, shown, stale }: Session): Diagnostic[] {
  const judged = shown?.snapshot.expectations ?? [];
  return checked.expectations.flatMap(({ text, range }) => {
    const found = judged.find(expectation => expectation.text === text);
    const kind = found && EXPECTED[found.outcome];
    if (!found || !kind) return [];
    const old = stale.has(found.metric);
    if (old && kind.severity === DiagnosticSeverity.Hint) return [];
    const related = metricPlace(found.metric, checked, shown?.snapshot.metrics ?? []);
    return [
      diagnostic(range, {
        ...kind,
        ...(old && { severity: DiagnosticSeverity.Information }),
        message: old
          ? `Stale, of an earlier text: ${found.message} Run again to judge the present one.`
          : found.message,
        ...(related && { relatedInformation: related }),
      }),
    ];
  });
}

/** Where the metric is declared, and what its result warns of. */
function metricPlace(
  name: string,
  { uri, declarations }: Session['checked'],
  metrics: readonly { name: string; written: string; notes: readonly { level: string; message: string }[] }[],
): DiagnosticRelatedInformation[] | undefined {
  const declaration = declarations.find(one => one.name === name);
  if (!declaration) return undefined;
  const location = { uri, range: rangeOf(declaration.nameRange) };
  const metric = metrics.find(one => one.name === name);
  const warnings = metric?.notes.filter(({ level }) => level === 'warning').map(({ message }) => message) ?? [];
  return [`${name} = ${metric?.written ?? 'declared here'}`, ...warnings].map(message => ({ location, message }));
}

/** What failed, where it is declared; what depends on it says nothing of its own. */
function failures({ checked, shown, failures: failed }: Session): Diagnostic[] {
  return [...failed].flatMap(([key, problem]) => {
    // A key that the present plan does not have belongs to an earlier text.
    const step = shown?.plan.steps.find(step => step.key === key);
    if (!problem || !step) return [];
    // The inner stages of a declaration stand in the plan under its place.
    const planned = shown?.plan.declarations.find(one => one.key === key || one.declaration.place === step.place);
    const declared =
      step.place.file === checked.file
        ? checked.declarations.find(({ name }) => name === planned?.declaration.name)
        : undefined;
    const place = problem.place === undefined || problem.message.includes(problem.place) ? '' : ` (${problem.place})`;
    const message = `${step.title}: ${problem.message}${place}`;
    return [problemDiagnostic(declared?.nameRange ?? FIRST_LINE, { ...problem, message })];
  });
}

/** What keeps the whole document from running, or from showing its results. */
function wholeRun({ checked, problem, runFailure }: Session): Diagnostic[] {
  const range = problem?.at?.file === checked.file ? problem?.at?.range : undefined;
  return [
    ...(problem ? [problemDiagnostic(range ?? FIRST_LINE, problem)] : []),
    ...(runFailure ? [problemDiagnostic(FIRST_LINE, runFailure)] : []),
  ];
}

/** Where to put what belongs to no declaration. */
export const FIRST_LINE: SourceRange = { start: { line: 0, character: 0 }, end: { line: 0, character: 1000 } };

export function problemDiagnostic(range: SourceRange, { code, message, remedy }: Problem): Diagnostic {
  const words = remedy === undefined ? message : `${message}\n${remedy}`;
  return diagnostic(range, { code, severity: DiagnosticSeverity.Error, message: words });
}

function diagnostic(range: SourceRange, about: Omit<Diagnostic, 'range' | 'source'>): Diagnostic {
  return { range: rangeOf(range), source: SOURCE, ...about };
}

const rangeOf = ({ start, end }: SourceRange): Diagnostic['range'] => ({ start: { ...start }, end: { ...end } });

/**
 * A connection whose diagnostics are those that are sent on it and those of results. The language publishes what it
 * finds by itself and leaves no room for more.
 */
export class MergedDiagnostics {
  /** To be given to the language in place of the connection. */
  readonly connection: Connection;
  private readonly language = new Map<string, Diagnostic[]>();
  /** What was last sent of results, as text. */
  private readonly results = new Map<string, string>();
  private open = true;

  /** @param more the diagnostics of results of a document */
  constructor(
    private readonly client: Connection,
    private readonly more: (uri: string) => Diagnostic[],
  ) {
    this.connection = {
      ...client,
      sendDiagnostics: ({ uri, diagnostics }) => {
        this.language.set(uri, diagnostics);
        return this.send(uri, this.more(uri));
      },
    };
  }

  /** Sends what is known of a document, if its results have something else to say than before. */
  async publish(uri: string): Promise<void> {
    const more = this.more(uri);
    if (JSON.stringify(more) !== (this.results.get(uri) ?? '[]')) await this.send(uri, more);
  }

  /** The editor is going away: nothing is sent any more. */
  close(): void {
    this.open = false;
  }

  private async send(uri: string, more: Diagnostic[]): Promise<void> {
    if (!this.open) return;
    this.results.set(uri, JSON.stringify(more));
    await this.client.sendDiagnostics({ uri, diagnostics: [...(this.language.get(uri) ?? []), ...more] });
  }
}
