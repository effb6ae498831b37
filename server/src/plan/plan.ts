/**
 * A checked experiment → a plan: the steps that compute its results, each under a key that depends on everything the
 * numbers depend on and on nothing else. Pure data; nothing here reads a tensor.
 */
import { basename } from 'node:path';
import {
  findEntry,
  isMap,
  type CorrectionEntry,
  type Form,
  type MethodEntry,
  type MetricEntry,
} from '../catalog/index.js';
import { combinations, labeller } from './combinations.js';
import type {
  Declaration,
  Experiment,
  SourcePlace,
  WrittenCall,
  WrittenExpectation,
  WrittenName,
} from '../language/experiment.js';
import type { Call, ExecutorOptions, Target, Task } from '../protocol.js';
import { planExport, type PlannedExport } from './exports.js';
import { keyOf } from './key.js';
import { PlanError } from './problem.js';
import { redrawn, type Redrawing } from './redrawn.js';
import { Ingredients, Values, type Site } from './values.js';

export interface Step {
  /** Where the store keeps the result. */
  readonly key: string;
  readonly kind: Task['kind'];
  /** In words: `integrated_gradients of binding on peaks`. Not part of the key. */
  readonly title: string;
  readonly task: Task;
  /** Keys of the steps whose results it reads. */
  readonly needs: readonly string[];
  /** Content hash → absolute path, for the files it reads and those behind what it needs: a metric may ask the model again. */
  readonly files: { readonly [hash: string]: string };
  /** Ids of the declarations whose result it is; empty for an inner stage. */
  readonly declarations: readonly string[];
  readonly place: SourcePlace;
}

export interface PlannedDeclaration {
  readonly declaration: Declaration;
  /** Its result's key; models, targets, methods and the like have none, nor has what was left out. */
  readonly key?: string;
}

export interface PlannedExpectation extends WrittenExpectation {
  /** Name of the metric's declaration; `metric` is its id. */
  readonly name: string;
  /** Name of the metric in the catalog. */
  readonly entry: string;
  /** Key of the metric's result; absent when the plan leaves it out. */
  readonly key?: string;
}

export interface PlannedView {
  readonly call: string;
  /** Names of the attributions to draw. */
  readonly maps: readonly string[];
}

export interface Plan {
  /** Absolute path of the experiment. */
  readonly file: string;
  /** False when `only` left something out. */
  readonly complete: boolean;
  /** Each after those it needs. */
  readonly steps: readonly Step[];
  readonly declarations: readonly PlannedDeclaration[];
  readonly expectations: readonly PlannedExpectation[];
  readonly views: readonly PlannedView[];
  /** None when `only` left something out. */
  readonly exports: readonly PlannedExport[];
}

export interface PlanOptions {
  /** SHA-256 of a file's content. */
  readonly hashFile: (path: string) => Promise<string>;
  readonly backend: ExecutorOptions['backend'];
  /** Names of the declarations to plan for, with what they need; all when absent. */
  readonly only?: readonly string[];
}

/**
 * Plans an experiment.
 *
 * @throws PlanError when a file is missing, or `only` names nothing that has a result
 */
export async function makePlan(experiment: Experiment, options: PlanOptions): Promise<Plan> {
  const planner = new Planner(experiment, options);
  const wanted = wantedDeclarations(experiment, options.only);
  for (const declaration of wanted) await planner.keyOf(declaration);
  const exports: PlannedExport[] = [];
  if (options.only === undefined)
    for (const written of experiment.exports) exports.push(await planExport(written, planner.values));
  return {
    file: experiment.file,
    complete: options.only === undefined,
    steps: [...planner.steps.values()],
    declarations: experiment.declarations.map(declaration => ({
      declaration,
      ...planner.keyIfPlanned(declaration.id),
    })),
    expectations: experiment.expectations.map(expectation => {
      const metric = planner.declaration({ form: 'name', id: expectation.metric });
      return {
        ...expectation,
        name: metric.name,
        entry: planner.headCall(metric).name,
        ...planner.keyIfPlanned(metric.id),
      };
    }),
    views: experiment.views.map(({ call }) => ({
      call: call.name,
      maps: Object.values(call.arguments)
        .flatMap(namesIn)
        .map(name => planner.declaration(name).name),
    })),
    exports,
  };
}

/** The key of the data set whose examples are the rows of a step's result; of a metric, its own key. */
export function explainedData(step: Step, steps: ReadonlyMap<string, Step>): string {
  if (step.task.kind === 'attribution') return step.task.data;
  const earlier = step.task.kind === 'correction' ? steps.get(step.task.attribution) : undefined;
  return earlier ? explainedData(earlier, steps) : step.key;
}

const WITH_RESULT: ReadonlySet<string> = new Set(['data', 'ensemble', 'attribution', 'metric', 'benchmark']);

function wantedDeclarations(experiment: Experiment, only: readonly string[] | undefined): Declaration[] {
  const candidates = experiment.declarations.filter(declaration => WITH_RESULT.has(declaration.kind));
  if (!only) return candidates;
  return only.map(name => {
    // The experiment's own declaration before an imported one of the same name.
    const named = candidates.filter(candidate => candidate.name === name);
    const found = named.find(candidate => candidate.place.file === experiment.file) ?? named[0];
    if (found) return found;
    throw new PlanError(
      'plan/unknown-name',
      `${basename(experiment.file)} has no data, ensemble, attribution, metric or benchmark called "${name}".`,
      undefined,
      `It has: ${candidates.map(candidate => candidate.name).join(', ') || 'none'}.`,
    );
  });
}

type Cell = Extract<Task, { kind: 'benchmark' }>['cells'][number];

/** Why a metric cannot be asked of a corrected map; undefined where it can. */
function refusal(
  form: Form | undefined,
  method: MethodEntry | undefined,
  corrected: WrittenCall | undefined,
  metric: MetricEntry,
): string | undefined {
  const correction: CorrectionEntry | undefined = corrected && findEntry('correction', corrected.name);
  if (metric.subjects.kind !== 'attribution' || metric.subjects.min > 1) return 'the metric is not of one attribution';
  if (!isMap(form)) return `the method yields no map`;
  if (correction && !correction.accepts.includes(form)) return `${correction.name} does not take ${form} maps`;
  if (correction?.ofMultipliers && !method?.multipliers) return `${correction.name} needs multipliers`;
  const map = correction === undefined || correction.produces === 'same' ? form : correction.produces;
  if (metric.subjects.maps && !metric.subjects.maps.includes(map)) return `it does not measure ${map} maps`;
  const complete = method?.complete === true && (correction?.keepsCompleteness ?? true);
  return metric.subjects.complete && !complete ? 'the map does not claim completeness' : undefined;
}

/** The target of one network of an ensemble. */
const ofMember = (target: Target, member: number | undefined): Target =>
  member === undefined
    ? target
    : { ...target, model: { ...target.model, parameters: { ...target.model.parameters, member } } };

type MutableStep = Step & { readonly declarations: string[] };

class Planner {
  readonly steps = new Map<string, MutableStep>();
  private readonly keys = new Map<string, string>();
  private readonly declarations: ReadonlyMap<string, Declaration>;
  readonly values: Values;

  constructor(
    private readonly experiment: Experiment,
    private readonly options: PlanOptions,
  ) {
    this.declarations = new Map(experiment.declarations.map(declaration => [declaration.id, declaration]));
    this.values = new Values({
      declaration: (name, at) => this.declaration(name, at),
      keyOf: declaration => this.keyOf(declaration),
      hashFile: path => options.hashFile(path),
    });
  }

  /** The key of a declaration's result; plans its step, and those it needs, when that has not happened yet. */
  async keyOf(declaration: Declaration): Promise<string> {
    const known = this.keys.get(declaration.id);
    if (known !== undefined) return known;
    const key = await this.plan(declaration);
    this.keys.set(declaration.id, key);
    this.steps.get(key)?.declarations.push(declaration.id);
    return key;
  }

  keyIfPlanned(id: string): { key?: string } {
    const key = this.keys.get(id);
    return key === undefined ? {} : { key };
  }

  declaration(name: WrittenName, at?: Site): Declaration {
    const declaration = this.declarations.get(name.id);
    if (!declaration) throw new PlanError('plan/unknown-name', `Nothing is declared as ${name.id}.`, at?.place);
    return declaration;
  }

  /** The catalog call at the end of a chain of names. */
  headCall(declaration: Declaration): WrittenCall {
    const { head } = declaration.value;
    return head.form === 'call' ? head : this.headCall(this.declaration(head, declaration));
  }

  private plan(declaration: Declaration): Promise<string> {
    switch (declaration.kind) {
      case 'data':
        return this.data(declaration);
      case 'attribution':
        return this.attribution(declaration);
      case 'metric':
        return this.metric(declaration);
      case 'ensemble':
        return this.ensemble(declaration);
      case 'benchmark':
        return this.benchmark(declaration);
      default:
        throw new PlanError(
          'plan/no-result',
          `"${declaration.name}" is a ${declaration.kind}; only data, ensembles, attributions, metrics and benchmarks have a result.`,
          declaration.place,
        );
    }
  }

  private async data(declaration: Declaration): Promise<string> {
    const { head, stages } = declaration.value;
    if (head.form === 'name' && stages.length === 0) return this.keyOf(this.declaration(head, declaration));
    const used = new Ingredients();
    const source = await this.source(head, declaration, used);
    const calls: Call[] = [];
    for (const stage of stages) calls.push(await this.values.call(stage, declaration, used));
    const title = [this.wordFor(head), ...stages.map(stage => stage.name)].join(' | ');
    return this.step({ kind: 'data', source, stages: calls }, title, used, declaration);
  }

  /** A source to read, or the key of a data set to go on from. */
  private async source(head: WrittenCall | WrittenName, at: Declaration, used: Ingredients): Promise<Call | string> {
    if (head.form === 'call') return this.values.call(head, at, used);
    const key = await this.keyOf(this.declaration(head, at));
    used.needs.add(key);
    return key;
  }

  /** @param member the only network of an ensemble that is explained, counted from 1 */
  private async attribution(declaration: Declaration, member?: number): Promise<string> {
    const { head, of, on, stages } = declaration.value;
    const earlier = head.form === 'name' ? this.declaration(head, declaration) : undefined;
    let title = this.wordFor(head);
    let key: string;
    if (earlier?.kind === 'attribution') {
      key = await this.keyOf(earlier);
    } else {
      const used = new Ingredients();
      const [subject] = of;
      if (subject?.form !== 'name' || !on) {
        throw new PlanError(
          'plan/incomplete-attribution',
          `Attribution "${declaration.name}" does not say of which target and on which data.`,
          declaration.place,
        );
      }
      title = `${title} of ${this.wordFor(subject)} on ${this.wordFor(on)}`;
      const target = ofMember(await this.values.target(this.declaration(subject, declaration), used), member);
      if (member !== undefined) title += `, network ${member}`;
      const method = await this.values.call(head, declaration, used);
      const data = await this.dataKey(on, declaration, used);
      key = this.step({ kind: 'attribution', method, target, data }, title, used, declaration);
    }
    for (const stage of stages) {
      const used = new Ingredients();
      used.needs.add(key);
      title = `${title} | ${stage.name}`;
      const correction = await this.values.call(stage, declaration, used);
      key = this.step({ kind: 'correction', correction, attribution: key }, title, used, declaration);
    }
    return key;
  }

  private async ensemble(declaration: Declaration): Promise<string> {
    const { head, on } = declaration.value;
    if (!on)
      throw new PlanError(
        'plan/no-data',
        `Ensemble "${declaration.name}" does not say on which data it is trained.`,
        declaration.place,
      );
    const used = new Ingredients();
    used.runsModel = true;
    const training = await this.values.call(head, declaration, used);
    const data = await this.dataKey(on, declaration, used);
    const title = `${training.call} on ${this.wordFor(on)}`;
    const members = Number(training.parameters['members']);
    if (members === 1) return this.step({ kind: 'training', training, data }, title, used, declaration);
    // Each network is a step of its own, which does not know how many others there are.
    const alone: Call = { ...training, parameters: { ...training.parameters, members: 1 } };
    const networks = Array.from({ length: members }, (_, member) =>
      this.step(
        { kind: 'training', training: alone, data, ...(member > 0 && { member: member + 1 }) },
        `${declaration.name}: ${title}, network ${member + 1}`,
        used,
        declaration,
      ),
    );
    for (const key of networks) used.needs.add(key);
    return this.step({ kind: 'training', training, data, networks }, title, used, declaration);
  }

  /** Every combination of a benchmark as steps of its own, and the table that gathers their statistics. */
  private async benchmark(declaration: Declaration): Promise<string> {
    const { head, of, on } = declaration.value;
    if (head.form === 'name') return this.keyOf(this.declaration(head, declaration));
    if (!on)
      throw new PlanError(
        'plan/no-data',
        `Benchmark "${declaration.name}" does not say on which data.`,
        declaration.place,
      );
    const used = new Ingredients();
    const cells: Cell[] = [];
    const all = combinations(head, of, on);
    const several = new Set(all.map(({ data }) => JSON.stringify(data))).size > 1;
    const word = (written: WrittenCall | WrittenName): string => this.wordFor(written);
    const labelled = {
      method: labeller(
        all.map(({ method }) => method),
        word,
      ),
      wrapper: labeller(
        all.map(({ wrapper }) => wrapper),
        word,
      ),
      correction: labeller(
        all.map(({ correction }) => correction),
        word,
      ),
      metric: labeller(
        all.map(({ metric }) => metric),
        word,
      ),
    };
    for (const { target, method, wrapper, correction, data, metric } of all) {
      const labels = {
        target: this.wordFor(target),
        method: labelled.method(method),
        wrapper: labelled.wrapper(wrapper),
        correction: labelled.correction(correction),
        data: several ? this.wordFor(data) : 'none',
        metric: labelled.metric(metric),
      };
      const call = wrapper === undefined ? method : { ...wrapper, arguments: { ...wrapper.arguments, method } };
      const entry = findEntry('metric', this.callOf(metric).name);
      const reason =
        (entry && refusal(this.formOf(call), this.entryOf(call), correction, entry)) ??
        (several && (await this.otherTruth(metric, data, declaration)) ? 'the truth is of other data' : undefined);
      const statistics = [...new Set([entry?.headline ?? '', ...Object.keys(entry?.statistics ?? {})])];
      const add = (result: Cell['result']): void => {
        cells.push(...statistics.map(statistic => ({ ...labels, statistic, result })));
      };
      if (reason !== undefined) {
        add({ reason });
        continue;
      }
      const pipeline: Declaration = {
        ...declaration,
        kind: 'attribution',
        value: { head: call, of: [target], on: data, stages: correction === undefined ? [] : [correction] },
      };
      const title = Object.values(labels)
        .filter(label => label !== 'none')
        .join(' ');
      const measure = async (member?: number): Promise<string> => {
        const own = new Ingredients();
        const attribution = await this.attribution(pipeline, member);
        own.needs.add(attribution);
        const measured = await this.values.call(metric, declaration, own);
        const named = member === undefined ? title : `${title}, network ${member}`;
        return this.step({ kind: 'metric', metric: measured, subjects: [attribution] }, named, own, declaration);
      };
      const members = head.arguments['networks'] === 'each' ? await this.membersOf(target, declaration) : 1;
      const key =
        members === 1 ? await measure() : await this.overNetworks(members, measure, metric, title, declaration);
      used.needs.add(key);
      add({ key });
    }
    return this.step({ kind: 'benchmark', cells }, declaration.name, used, declaration);
  }

  /** Whether a metric compares with the truth of other data than those that are explained. */
  private async otherTruth(
    metric: WrittenCall | WrittenName,
    data: WrittenCall | WrittenName,
    at: Declaration,
  ): Promise<boolean> {
    const { parameters } = await this.values.call(metric, at, new Ingredients());
    const truth = parameters['truth'];
    const of = typeof truth === 'object' && 'of' in truth ? truth['of'] : undefined;
    return of !== undefined && of !== (await this.dataKey(data, at, new Ingredients()));
  }

  /** A metric of every network of an ensemble, and what combines them. */
  private async overNetworks(
    members: number,
    measure: (member: number) => Promise<string>,
    metric: WrittenCall | WrittenName,
    title: string,
    at: Declaration,
  ): Promise<string> {
    const networks: string[] = [];
    for (let member = 1; member <= members; member++) networks.push(await measure(member));
    const used = new Ingredients();
    for (const key of networks) used.needs.add(key);
    const combined = await this.values.call(metric, at, used);
    return this.step({ kind: 'metric', metric: combined, subjects: [], networks }, title, used, at);
  }

  /** Networks behind a target: the members of an ensemble, else one. */
  private async membersOf(target: WrittenName, at: Declaration): Promise<number> {
    const { model } = await this.values.target(this.declaration(target, at), new Ingredients());
    const { of } = model.parameters;
    const task = model.category === 'training' && typeof of === 'string' ? this.steps.get(of)?.task : undefined;
    return task?.kind === 'training' ? Number(task.training.parameters['members']) : 1;
  }

  /** The catalog call that a method or a metric is, through its declaration. */
  private callOf(written: WrittenCall | WrittenName): WrittenCall {
    return written.form === 'call' ? written : this.headCall(this.declaration(written));
  }

  private entryOf(method: WrittenCall | WrittenName): MethodEntry | undefined {
    return findEntry('method', this.callOf(method).name);
  }

  /** What a method yields: of a wrapper, what the method in it does. */
  private formOf(method: WrittenCall | WrittenName): Form | undefined {
    const call = this.callOf(method);
    const { produces } = findEntry('method', call.name) ?? {};
    if (produces !== 'same') return produces;
    const inner = call.arguments['method'];
    return typeof inner === 'object' && 'form' in inner && (inner.form === 'call' || inner.form === 'name')
      ? this.formOf(inner)
      : undefined;
  }

  private async metric(declaration: Declaration): Promise<string> {
    const { head, of, on } = declaration.value;
    if (head.form === 'name' && of.length === 0) return this.keyOf(this.declaration(head, declaration));
    const used = new Ingredients();
    const metric = await this.values.call(head, declaration, used);
    const subjects: (string | Target)[] = [];
    const again = findEntry('metric', metric.call)?.subjects.redrawn;
    for (const subject of of)
      if (again) subjects.push(...(await this.again(subject, metric.parameters, declaration, used)));
      else subjects.push(await this.subject(subject, declaration, used));
    const data = on && (await this.dataKey(on, declaration, used));
    const title = `${metric.call} of ${of.map(subject => this.wordFor(subject)).join(', ')}${on ? ` on ${this.wordFor(on)}` : ''}`;
    return this.step(
      { kind: 'metric', metric, subjects, ...(data !== undefined && { data }) },
      title,
      used,
      declaration,
    );
  }

  private async subject(
    subject: WrittenCall | WrittenName,
    at: Declaration,
    used: Ingredients,
  ): Promise<string | Target> {
    if (subject.form === 'call') {
      throw new PlanError('plan/subject', `"${subject.name}" after \`of\` is not the name of a declaration.`, at.place);
    }
    const declared = this.declaration(subject, at);
    if (declared.kind === 'target') return this.values.target(declared, used);
    const key = await this.keyOf(declared);
    used.needs.add(key);
    return key;
  }

  /** A subject once for each time that the data behind it are drawn again; these steps are no declaration's result. */
  private async again(
    subject: WrittenCall | WrittenName,
    parameters: Call['parameters'],
    at: Declaration,
    used: Ingredients,
  ): Promise<string[]> {
    const call = this.headCall(at);
    // The catalog gives metrics with redrawn subjects these parameters, and the call has been checked against it.
    const redrawing = { ...parameters, cohort: call.arguments['cohort'] } as unknown as Redrawing;
    const keys: string[] = [];
    for (const experiment of redrawn(this.experiment, redrawing, at)) {
      const world = new Planner(experiment, this.options);
      const key = await world.subject(subject, at, used);
      for (const [inner, step] of world.steps)
        if (!this.steps.has(inner)) this.steps.set(inner, { ...step, declarations: [] });
      if (typeof key === 'string') keys.push(key);
    }
    if (new Set(keys).size < keys.length)
      throw new PlanError(
        'plan/cohort',
        `${this.wordFor(subject)} is the same for different draws of the data.`,
        at.place,
        'Name the simulated data on which it depends, and each value once.',
      );
    return keys;
  }

  /** The key of the data after `on`: a declared data set, or a source named there and then. */
  private async dataKey(on: WrittenCall | WrittenName, at: Declaration, used: Ingredients): Promise<string> {
    let key: string;
    if (on.form === 'name') {
      key = await this.keyOf(this.declaration(on, at));
    } else {
      const inner = new Ingredients();
      const source = await this.values.call(on, at, inner);
      key = this.step({ kind: 'data', source, stages: [] }, on.name, inner, at);
    }
    used.needs.add(key);
    return key;
  }

  /** Adds a step unless an equal one is there. Returns its key. */
  private step(task: Task, title: string, used: Ingredients, at: Declaration): string {
    const key = keyOf({ task, revisions: used.revisions, ...(used.runsModel && { backend: this.options.backend }) });
    if (!this.steps.has(key)) {
      const behind = [...used.needs].flatMap(need => Object.entries(this.steps.get(need)?.files ?? {}));
      this.steps.set(key, {
        key,
        kind: task.kind,
        title,
        task,
        needs: [...used.needs],
        files: Object.fromEntries([...behind, ...used.files]),
        declarations: [],
        place: at.place,
      });
    }
    return key;
  }

  private wordFor(written: WrittenCall | WrittenName): string {
    return written.form === 'call' ? written.name : this.declaration(written).name;
  }
}

/** The names of declarations in a value. */
function namesIn(value: unknown): WrittenName[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null || !('form' in value)) return [];
  return value.form === 'name' && 'id' in value && typeof value.id === 'string' ? [{ form: 'name', id: value.id }] : [];
}
