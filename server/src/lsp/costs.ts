/**
 * What an attribution, an ensemble or a benchmark will cost before it runs: model passes from its parameters, seconds from how fast
 * the same model went before. An estimate for a lens, not a promise; methods whose cost depends on what they find have none.
 */
import type { Declaration, Experiment, WrittenCall, WrittenName, WrittenValue } from '../language/experiment.js';
import { combinations } from '../plan/combinations.js';
import { quantity } from '../protocol.js';
import { duration } from '../run/wording.js';
import { firstNumber, isCallOrName, numberOf, valueOf, writtenExamples } from './written.js';

export interface Cost {
  readonly passes: number;
  /** Forward passes are several times as fast as gradient passes. */
  readonly kind: PassKind;
  /** Where a method takes as many more as it needs, or a training may stop earlier. */
  readonly bound?: 'from' | 'up to';
}
/** `other`: of several kinds, or those of a training, which no attribution tells the time of. */
export type PassKind = 'forward' | 'gradient' | 'other';

/** What is known beside the text. */
export interface Sizes {
  /** Examples of a data set that has been read; undefined for others. */
  readonly examples: (data: string) => number | undefined;
}

/** Nodes with which `steps: auto` begins. */
const FIRST_STEPS = 32;

interface Question {
  readonly call: WrittenCall;
  readonly features: number | undefined;
  readonly number: (parameter: string) => number | undefined;
  readonly references: number;
  /** The cost of the method inside, for one example. */
  readonly inner: () => Cost | undefined;
}

const gradient = (passes: number | undefined, least = false): Cost | undefined =>
  passes === undefined ? undefined : { passes, kind: 'gradient', ...(least && { bound: 'from' }) };
const forward = (passes: number | undefined): Cost | undefined =>
  passes === undefined ? undefined : { passes, kind: 'forward' };
const times = (...factors: (number | undefined)[]): number | undefined =>
  factors.every(factor => factor !== undefined) ? factors.reduce((product, factor) => product * factor, 1) : undefined;

/** Passes for one example, as the catalog's entries say in words. */
const PER_EXAMPLE: Readonly<Record<string, (question: Question) => Cost | undefined>> = {
  saliency: () => gradient(1),
  input_x_gradient: () => gradient(1),
  guided_backpropagation: () => gradient(1),
  deconvolution: () => gradient(1),
  grad_cam: () => gradient(1),
  lrp: () => gradient(1),
  deep_lift: ({ references }) => gradient(references),
  integrated_gradients: pathCost,
  path_gradient: pathCost,
  expected_gradients: ({ number }) => gradient(number('samples')),
  smooth_grad: wrapperCost,
  smooth_grad_squared: wrapperCost,
  var_grad: wrapperCost,
  in_silico_mutagenesis: ({ features }) => forward(features === undefined ? undefined : 3 * features + 1),
  occlusion: ({ features, number, references }) => {
    const [window, stride] = [number('window'), number('stride')];
    if (features === undefined || window === undefined || stride === undefined) return undefined;
    return forward((Math.ceil(Math.max(0, features - window) / stride) + 1) * references);
  },
};

function pathCost({ call, number, references }: Question): Cost | undefined {
  const steps = number('steps');
  const auto = steps === undefined && (call.arguments['steps'] ?? 'auto') === 'auto';
  return gradient(times(auto ? FIRST_STEPS : steps, references), auto);
}

function wrapperCost({ inner, number }: Question): Cost | undefined {
  const one = inner();
  const passes = one && times(number('samples'), one.passes);
  return one && passes !== undefined ? { ...one, passes } : undefined;
}

/**
 * The passes of an attribution that is no correction of another, of the trainings of an ensemble, of the attributions of a benchmark;
 * undefined where they cannot be told.
 */
export function costOf(experiment: Experiment, name: string, sizes: Sizes): Cost | undefined {
  const declaration = experiment.declarations.find(one => one.name === name);
  if (!declaration) return undefined;
  const costs = new Costs(experiment, sizes);
  const { head, of, on } = declaration.value;
  switch (declaration.kind) {
    case 'attribution':
      return costs.ofMethod(head, of[0], on);
    case 'ensemble':
      return costs.ofTraining(head, on);
    case 'benchmark':
      return head.form === 'call' && on ? costs.ofBenchmark(head, of, on) : undefined;
    default:
      return undefined;
  }
}

type Written = WrittenCall | WrittenName;

class Costs {
  private readonly byId: ReadonlyMap<string, Declaration>;

  constructor(
    { declarations }: Experiment,
    private readonly sizes: Sizes,
  ) {
    this.byId = new Map(declarations.map(declaration => [declaration.id, declaration]));
  }

  ofMethod(head: Written, target: Written | undefined, on: Written | undefined): Cost | undefined {
    const method = this.callOf(head);
    const examples = this.examplesOf(on);
    if (method?.category !== 'method' || examples === undefined) return undefined;
    const input = this.modelOf(target)?.arguments['input'];
    const one = this.perExample(method, isCallOrName(input) && input.form === 'call' ? firstNumber(input) : undefined);
    return one && { ...one, passes: one.passes * examples };
  }

  ofTraining(head: Written, on: Written | undefined): Cost | undefined {
    const training = this.callOf(head);
    const examples = this.examplesOf(on);
    if (!training || examples === undefined) return undefined;
    const number = (parameter: string): number | undefined => numberOf(valueOf(training, parameter));
    const seen = Math.round(examples * (1 - (number('validation') ?? 0)));
    const passes = times(number('members'), number('epochs'), seen);
    return passes === undefined ? undefined : { passes, kind: 'other', bound: 'up to' };
  }

  /** At least, for what its metrics ask of a model is not counted; undefined where no method's cost is known. */
  ofBenchmark(head: WrittenCall, targets: readonly Written[], on: Written): Cost | undefined {
    const each = head.arguments['networks'] === 'each';
    const explained = new Map(
      combinations(head, targets, on).map(({ target, method, wrapper, data }) => [
        JSON.stringify([target, method, wrapper, data]),
        { target, call: wrapper ? { ...wrapper, arguments: { ...wrapper.arguments, method } } : method, data },
      ]),
    );
    const costs = [...explained.values()].flatMap(({ target, call, data }) => {
      const cost = this.ofMethod(call, target, data);
      const training = each ? this.modelOf(target) : undefined;
      const networks = (training && numberOf(valueOf(training, 'members'))) ?? 1;
      return cost ? [{ ...cost, passes: cost.passes * networks }] : [];
    });
    const [first] = costs;
    return (
      first && {
        passes: costs.reduce((sum, { passes }) => sum + passes, 0),
        kind: costs.every(({ kind }) => kind === first.kind) ? first.kind : 'other',
        bound: 'from',
      }
    );
  }

  private perExample(call: WrittenCall, features: number | undefined): Cost | undefined {
    const reference = valueOf(call, 'baseline');
    const from = isCallOrName(reference) ? this.callOf(reference) : undefined;
    return PER_EXAMPLE[call.name]?.({
      call,
      features,
      number: parameter => numberOf(valueOf(call, parameter)),
      references: (from && numberOf(valueOf(from, 'copies'))) ?? 1,
      inner: () => {
        const inside = valueOf(call, 'method');
        const one = isCallOrName(inside) ? this.callOf(inside) : undefined;
        return one && this.perExample(one, features);
      },
    });
  }

  private named(value: WrittenValue | undefined): Declaration | undefined {
    return isCallOrName(value) && value.form === 'name' ? this.byId.get(value.id) : undefined;
  }

  private callOf(value: Written | undefined): WrittenCall | undefined {
    return value?.form === 'name' ? this.callOf(this.byId.get(value.id)?.value.head) : value;
  }

  /** The call that opens or trains what a target is of. */
  private modelOf(target: Written | undefined): WrittenCall | undefined {
    return this.callOf(this.named(target)?.value.of[0]);
  }

  private examplesOf(on: Written | undefined): number | undefined {
    const data = this.named(on);
    return data && (this.sizes.examples(data.name) ?? writtenExamples(data, id => this.byId.get(id)));
  }
}

/** ` · ~40 s · 12 000 passes`, for the end of a lens. */
export function costWords(cost: Cost, secondsPerPass: number | undefined): string {
  const { passes, bound } = cost;
  const time = secondsPerPass === undefined ? [] : [`~${duration(passes * secondsPerPass)}`];
  const count = `${bound === undefined ? '' : `${bound} `}${quantity(passes, 'count')} ${passes === 1 ? 'pass' : 'passes'}`;
  return [...time, count].map(part => ` · ${part}`).join('');
}

/** The kind of passes that a method makes, for the rates of what has run. */
export function kindOf(method: string): PassKind {
  return ['in_silico_mutagenesis', 'occlusion'].includes(method) ? 'forward' : 'gradient';
}
