/**
 * What an attribution will cost before it runs: model passes from its parameters, seconds from how fast the same model went
 * before. An estimate for a lens, not a promise; methods whose cost depends on what they find have none.
 */
import { findEntry } from '../catalog/index.js';
import type { PlainValue } from '../catalog/index.js';
import type { Declaration, Experiment, WrittenCall, WrittenName, WrittenValue } from '../language/experiment.js';
import { quantity } from '../protocol.js';
import { duration } from '../run/wording.js';

export interface Cost {
  readonly passes: number;
  /** Forward passes are several times as fast as gradient passes. */
  readonly kind: PassKind;
  /** True where the method takes as many more as it needs. */
  readonly least: boolean;
}
export type PassKind = 'forward' | 'gradient';

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
  passes === undefined ? undefined : { passes, kind: 'gradient', least };
const forward = (passes: number | undefined): Cost | undefined =>
  passes === undefined ? undefined : { passes, kind: 'forward', least: false };
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

/** The passes of an attribution that is no correction of another; undefined where they cannot be told. */
export function costOf({ declarations }: Experiment, name: string, sizes: Sizes): Cost | undefined {
  const byId = new Map(declarations.map(declaration => [declaration.id, declaration]));
  const named = (value: WrittenValue | undefined): Declaration | undefined =>
    typeof value === 'object' && 'form' in value && value.form === 'name' ? byId.get(value.id) : undefined;
  const callOf = (value: WrittenCall | WrittenName | undefined): WrittenCall | undefined =>
    value?.form === 'name' ? callOf(byId.get(value.id)?.value.head) : value;
  const attribution = declarations.find(one => one.kind === 'attribution' && one.name === name);
  const method = callOf(attribution?.value.head);
  if (!attribution || method?.category !== 'method') return undefined;
  const model = callOf(named(attribution.value.of[0])?.value.of[0]);
  const input = model?.arguments['input'];
  const features =
    typeof input === 'object' && 'form' in input && input.form === 'call' ? firstNumber(input) : undefined;

  const perExample = (call: WrittenCall): Cost | undefined => {
    const reference = valueOf(call, 'baseline');
    const from = isCallOrName(reference) ? callOf(reference) : undefined;
    return PER_EXAMPLE[call.name]?.({
      call,
      features,
      number: parameter => numberOf(valueOf(call, parameter)),
      references: (from && numberOf(valueOf(from, 'copies'))) ?? 1,
      inner: () => {
        const inside = valueOf(call, 'method');
        const one = isCallOrName(inside) ? callOf(inside) : undefined;
        return one && perExample(one);
      },
    });
  };
  const one = perExample(method);
  const data = named(attribution.value.on);
  const examples = data && (sizes.examples(data.name) ?? writtenExamples(data, id => byId.get(id)));
  return one && examples !== undefined ? { ...one, passes: one.passes * examples } : undefined;
}

/** Stages that leave the number of examples as it is. */
const KEEPING: ReadonlySet<string> = new Set([
  'label',
  'permute_labels',
  'shuffle_sequences',
  'scale_to',
  'log1p',
  'standardise',
]);

/**
 * How many examples a data set has.
 *
 * @param read examples of the source behind it, where the text does not say it
 */
export function writtenExamples(
  { value }: Declaration,
  find: (id: string) => Declaration | undefined,
  read: () => number | undefined = () => undefined,
): number | undefined {
  const { head, stages } = value;
  const last = stages.findLastIndex(({ name }) => !KEEPING.has(name));
  const cut = stages[last];
  const before = (): number | undefined => {
    if (head.form === 'name') {
      const earlier = find(head.id);
      return earlier && writtenExamples(earlier, find, read);
    }
    const written = ['sequences', 'people', 'samples'].map(name => numberOf(valueOf(head, name)));
    return written.find(found => found !== undefined) ?? read();
  };
  if (cut === undefined) return before();
  if (cut.name !== 'sample' && cut.name !== 'take') return undefined;
  const most = last === 0 ? before() : undefined;
  const size = firstNumber(cut);
  return size === undefined ? undefined : Math.min(size, most ?? size);
}

/** The value that a call gives to a parameter, else its default. */
function valueOf(
  { category, name, arguments: given }: WrittenCall,
  parameter: string,
): WrittenValue | PlainValue | undefined {
  return given[parameter] ?? findEntry(category, name)?.parameters[parameter]?.default;
}

function firstNumber(call: WrittenCall): number | undefined {
  return Object.values(call.arguments).find(value => typeof value === 'number');
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function isCallOrName(value: unknown): value is WrittenCall | WrittenName {
  return (
    typeof value === 'object' && value !== null && 'form' in value && (value.form === 'call' || value.form === 'name')
  );
}

/** ` · ~40 s · 12 000 passes`, for the end of a lens. */
export function costWords(cost: Cost, secondsPerPass: number | undefined): string {
  const { passes, least } = cost;
  const time = secondsPerPass === undefined ? [] : [`~${duration(passes * secondsPerPass)}`];
  const count = `${least ? 'from ' : ''}${quantity(passes, 'count')} ${passes === 1 ? 'pass' : 'passes'}`;
  return [...time, count].map(part => ` · ${part}`).join('');
}

/** The kind of passes that a method makes, for the rates of what has run. */
export function kindOf(method: string): PassKind {
  return ['in_silico_mutagenesis', 'occlusion'].includes(method) ? 'forward' : 'gradient';
}
