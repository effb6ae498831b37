/**
 * Checks that need the headers of model and data files: does the model read what it is declared to read, and do the data
 * fit it? A category of its own, so that the fast checks never wait for a file.
 */
import { AstUtils, UriUtils } from 'langium';
import type { ValidationChecks } from 'langium';
import type { LangiumServices } from 'langium/lsp';
import type { CancellationToken } from 'vscode-languageserver';
import { findEntry } from '../catalog/index.js';
import type { Entry, PlainCall, PlainValue } from '../catalog/index.js';
import type { DataDescription, Description, ModelDescription } from '../protocol.js';
import type { WrittenCall, WrittenValue } from './experiment.js';
import { isCall } from './generated/ast.js';
import type { Definition, XomeAstType } from './generated/ast.js';
import { parameterAt } from './expected.js';
import { dataOrigin, declaredInput, dependenciesOf, headCall, modelOf } from './interpret/facts.js';
import type { Context } from './interpret/context.js';
import { idOf } from './interpret/values.js';
import { compareLengths, declaredExamples, pairsIn } from './interpret/lengths.js';
import type { Pair } from './interpret/lengths.js';
import type { LintChecks } from './lints/check.js';
import { ignore } from './problems.js';
import type { Problem, Report } from './problems.js';
import { reporter } from './validation.js';

/** Why a file cannot be used, found in its header. */
export interface HeaderFault {
  readonly is: 'fault';
  readonly code: string;
  readonly message: string;
  /** File, node or line at which it was found. */
  readonly place?: string | undefined;
  readonly remedy?: string | undefined;
}

/** Reads the header of a model (a `format` call) or of data (a `source` call). */
export interface HeaderReader {
  /**
   * @param folder that of the declaring document; paths in the call are relative to it
   * @returns a fault when the file is to blame; undefined when nothing could or may be read: nothing is checked then
   */
  describe(call: PlainCall, folder: string): Promise<Description | HeaderFault | undefined>;
}

export function registerHeaderChecks(services: LangiumServices, reader: HeaderReader, lints: LintChecks): void {
  const checks = new HeaderChecks(services, reader, lints);
  const registered: ValidationChecks<XomeAstType> = {
    Definition: (definition, accept, cancelled) => checks.definition(definition, reporter(accept), cancelled),
  };
  services.validation.ValidationRegistry.register(registered, checks, 'slow');
}

class HeaderChecks {
  private readonly context: Context;

  constructor(
    services: LangiumServices,
    private readonly reader: HeaderReader,
    private readonly lints: LintChecks,
  ) {
    this.context = { report: ignore, files: services.shared.workspace.FileSystemProvider };
  }

  async definition(definition: Definition, outer: Report, cancelled: CancellationToken): Promise<void> {
    // An answer that comes after the text has changed belongs to nobody.
    const report: Report = problem => {
      if (!cancelled.isCancellationRequested) outer(problem);
    };
    await Promise.race([this.all(definition, report), cancellation(cancelled)]);
  }

  private async all(definition: Definition, report: Report): Promise<void> {
    if (definition.kind === 'model') await this.model(definition, report);
    else if (definition.kind === 'target') await this.target(definition, report);
    else if (definition.kind === 'data') await this.fault(definition, report);
    for (const pair of pairsIn(definition)) await this.pair(pair, report);
  }

  /** A file that cannot be read or is of another kind, at the name of the file. */
  private async fault(definition: Definition, report: Report): Promise<void> {
    const call = headCall(definition, this.context);
    const found = call && (await this.describe(definition, call));
    if (found?.is !== 'fault') return;
    const { code, remedy } = found;
    const message = sentence(found);
    const { head } = definition.value;
    const path = head.arguments.find(argument => parameterAt(argument)?.[0] === 'path');
    report({ severity: 'error', code, message, ...(remedy && { remedy }), node: path ?? head });
  }

  /** `input: dna(100)` against the shape in the file, and operators that nothing can compute. */
  private async model(definition: Definition, report: Report): Promise<void> {
    await this.fault(definition, report);
    const call = headCall(definition, this.context);
    const description = call && (await this.describeModel(definition, call));
    if (call === undefined || description === undefined) return;
    this.lints.model(definition, description, report);
    const declared = declaredInput(call);
    const input = definition.value.head.arguments.find(argument =>
      ['input', 'inputs'].includes(parameterAt(argument)?.[0] ?? ''),
    );
    const found = description.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
    const problem = (code: string, message: string, remedy: string, extra?: Partial<Problem>): void => {
      report({ severity: 'error', code, message, remedy, node: input ?? definition.value.head, ...extra });
    };
    const unknown = description.operators.filter(({ known }) => !known);
    if (unknown.length > 0) {
      report({
        severity: 'error',
        code: 'model/unknown-operator',
        message: `The model uses ${unknown.map(({ operator, count }) => `${operator} (${count} ×)`).join(', ')}, which ${unknown.length === 1 ? 'is' : 'are'} not supported.`,
        remedy: 'Export the model with standard ONNX operators.',
        node: definition.value.head,
      });
    }
    const [single, ...others] = description.inputs;
    if (call.arguments['inputs'] !== undefined || others.length > 0) {
      const named = call.arguments['inputs'];
      const given = typeof named === 'object' && 'form' in named && named.form === 'record' ? named.entries : {};
      const missing = description.inputs.filter(({ name }) => !Object.hasOwn(given, name));
      const extra = Object.keys(given).find(name => !description.inputs.some(known => known.name === name));
      if (extra !== undefined || missing.length > 0)
        problem(
          'model/inputs',
          extra === undefined
            ? `The model reads ${found}, and nothing is said of ${missing.map(({ name }) => name).join(', ')}.`
            : `The model has no input ${extra}; it reads ${found}.`,
          'Name every input: `inputs: { sequence: dna(2114), control: zeros }`.',
        );
    } else if (declared !== undefined && declared.alphabet.name !== 'dna') {
      const features = single?.shape.slice(1).reduce<number>((product, axis) => product * Number(axis), 1);
      if (declared.length !== undefined && Number.isFinite(features) && features !== declared.length)
        problem(
          'model/input-length',
          `The model reads ${features} numbers (${found}), and ${declared.length} are declared.`,
          `Write \`${declared.alphabet.name}(${features})\`.`,
          isCall(input?.value) ? { node: input.value, replacement: `${declared.alphabet.name}(${features})` } : {},
        );
    } else if (description.dna === undefined) {
      problem(
        'model/not-dna',
        `The model does not read one-hot DNA; its inputs are ${found}.`,
        'One axis of the input must have size 4.',
      );
    } else if (
      typeof description.dna.length === 'number' &&
      declared?.length !== undefined &&
      description.dna.length !== declared.length
    ) {
      const { length } = description.dna;
      problem(
        'model/input-length',
        `The model reads ${length} bp (${found}), and ${declared.length} are declared.`,
        `Write \`dna(${length})\`.`,
        isCall(input?.value) ? { node: input.value, replacement: `dna(${length})` } : {},
      );
    }
  }

  /** `before(sigmoid)` against the activations in the file. */
  private async target(definition: Definition, report: Report): Promise<void> {
    const call = headCall(definition, this.context);
    const model = modelOf(definition);
    const modelCall = model && headCall(model, this.context);
    const activation = call?.arguments['activation'];
    if (model === undefined || modelCall === undefined || typeof activation !== 'string') return;
    const description = await this.describeModel(model, modelCall);
    if (description === undefined) return;
    const operators = [...new Set(description.activations.map(({ operator }) => operator.toLowerCase()))];
    if (operators.includes(activation)) return;
    report({
      severity: 'error',
      code: 'target/no-such-activation',
      message: `\`${model.name}\` has no ${activation}.`,
      remedy: operators.length === 0 ? 'It has no activations that can be named.' : `It has ${operators.join(', ')}.`,
      node: definition.value.head,
    });
  }

  /** The length of the examples against the length that the model reads; where the text says it, the fast check has. */
  private async pair(pair: Pair, report: Report): Promise<void> {
    const origin = dataOrigin(pair.data);
    const source = headCall(origin, this.context);
    if (source === undefined || declaredExamples(source) !== undefined) return;
    const description = await this.describeData(origin, source);
    if (description === undefined || description.examples === 0) return;
    const problem = compareLengths(pair, description, this.context);
    if (problem !== undefined) report(problem);
  }

  private async describeModel(definition: Definition, call: WrittenCall): Promise<ModelDescription | undefined> {
    const description = await this.describe(definition, call);
    return description?.is === 'model' ? description : undefined;
  }

  private async describeData(definition: Definition, call: WrittenCall): Promise<DataDescription | undefined> {
    const description = await this.describe(definition, call);
    return description?.is === 'data' ? description : undefined;
  }

  private async describe(definition: Definition, call: WrittenCall): Promise<Description | HeaderFault | undefined> {
    const heads = new Map(dependenciesOf(definition).map(named => [idOf(named), headCall(named, this.context)]));
    const plain = plainCall(call, id => heads.get(id));
    if (plain === undefined) return undefined;
    try {
      return await this.reader.describe(plain, UriUtils.dirname(AstUtils.getDocument(definition).uri).fsPath);
    } catch {
      // A header that cannot be read is not a fault of the document; running it will say what is wrong.
      return undefined;
    }
  }
}

/** What the engine found as a sentence, with its place but not the folders around it. */
function sentence({ message, place }: HeaderFault): string {
  const where = place === undefined ? '' : ` (${place.split(/[\\/]/).at(-1)!})`;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${where}.`;
}

/** Settles when work is cancelled, so that nobody waits for a header that is no longer wanted. */
function cancellation(token: CancellationToken): Promise<void> {
  return new Promise(settle => {
    if (token.isCancellationRequested) settle();
    else token.onCancellationRequested(() => settle());
  });
}

/**
 * A call with its defaults filled in.
 *
 * @param named the call that a declaration holds, by its id: the network of a model
 * @returns undefined when it names other declarations, which headers never need
 */
export function plainCall(
  call: WrittenCall,
  named: (id: string) => WrittenCall | undefined = () => undefined,
): PlainCall | undefined {
  const entry: Entry | undefined = findEntry(call.category, call.name);
  const parameters: Record<string, PlainValue> = {};
  for (const [name, { default: standard }] of Object.entries(entry?.parameters ?? {})) {
    if (standard !== undefined) parameters[name] = standard;
  }
  for (const [name, value] of Object.entries(call.arguments)) {
    const plain = plainValue(value, named);
    if (plain === undefined) return undefined;
    parameters[name] = plain;
  }
  return { call: call.name, category: call.category, parameters };
}

function plainValue(value: WrittenValue, named: (id: string) => WrittenCall | undefined): PlainValue | undefined {
  if (typeof value !== 'object') return value;
  if (!('form' in value)) {
    const elements = value.map(item => plainValue(item, named));
    return elements.every(element => element !== undefined) ? elements : undefined;
  }
  if (value.form === 'amount') return { ...value.amount };
  if (value.form === 'record') {
    const entries = Object.entries(value.entries).map(([key, item]) => [key, plainValue(item, named)] as const);
    return entries.every(([, item]) => item !== undefined) ? (Object.fromEntries(entries) as PlainValue) : undefined;
  }
  const call = value.form === 'name' ? named(value.id) : value;
  const nested = call && plainCall(call, named);
  return nested === undefined ? undefined : { ...nested };
}
