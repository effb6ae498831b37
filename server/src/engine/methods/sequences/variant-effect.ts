/** Effects of variants on the target: difference or log ratio between the windows with either allele, also over both strands. */
import type { variant_effect as specification } from '../../../catalog/methods/index.js';
import type { Note } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import { meanOf } from '../ensemble.js';
import type { Method, MethodContext } from '../method.js';
import { Pass } from '../passes.js';

export const EFFECT_FIELDS = ['reference', 'alternative', 'effect'] as const;

/** Variants that are told in the note. */
const TOLD = 3;

interface Told {
  readonly name: string;
  readonly effect: number;
}

export const variantEffect: Method<typeof specification> = async (context, { score, strands }) => {
  const { model, executor, examples, passed } = context;
  await alternativesOf(context, 0, 0);
  const passes = [await Pass.forward(model, executor)];
  if (strands === 'both') passes.push(await Pass.forward(model.reverseComplemented(), executor));
  const outputs = async (x: Float32Array): Promise<Float32Array> => {
    const each: Float32Array[] = [];
    for (const pass of passes) each.push(await pass.run(x, passed));
    return meanOf(each);
  };
  return {
    produces: 'edit',
    axes: [{ name: 'field', size: EFFECT_FIELDS.length, labels: [...EFFECT_FIELDS] }],
    unit: score === 'difference' ? 'target' : 'target, target, log2 ratio',
    arrays: [],
    blockRows: 256,
    ignoresOutputs: true,
    async explain({ from, to, x }) {
      const reference = await outputs(x);
      const alternative = await outputs(await alternativesOf(context, from, to));
      const map = new Float32Array((to - from) * EFFECT_FIELDS.length);
      const told: Told[] = [];
      reference.forEach((before, row) => {
        const after = alternative[row]!;
        const name = examples.names[from + row]!;
        const effect = score === 'difference' ? after - before : logRatio(after, before, name);
        map.set([before, after, effect], row * EFFECT_FIELDS.length);
        told.push({ name, effect });
      });
      return { map, info: strongest(told) as unknown as { name: string; effect: number }[] };
    },
    notes: infos => notesOf(strongest(infos.flat() as unknown as Told[])),
    release: async () => {
      for (const pass of passes) await pass.release();
    },
  };
};

/** The windows with the alternative alleles, [row, position, base]. @throws Failure `method/no-variants` */
export async function alternativesOf({ examples }: MethodContext, from: number, to: number): Promise<Float32Array> {
  const found = await examples.alternatives(from, to);
  if (found) return found;
  throw new Failure('method/no-variants', 'the examples are sequences without alternative alleles', {
    remedy: 'Explain data of `variants("calls.vcf.gz", genome: …, length: …)`.',
  });
}

function logRatio(after: number, before: number, name: string): number {
  if (after > 0 && before > 0) return Math.log2(after / before);
  throw new Failure(
    'method/log-ratio',
    `the target is ${Math.min(after, before)}, and a ratio needs positive numbers`,
    {
      place: name,
      remedy: 'Use `score: difference`, or a target that is always positive.',
    },
  );
}

const strongest = (all: readonly Told[]): Told[] =>
  [...all].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect) || (a.name < b.name ? -1 : 1)).slice(0, TOLD);

function notesOf(told: readonly Told[]): Note[] {
  const words = told.map(({ name, effect }) => `${name} (${effect.toPrecision(3)})`).join(', ');
  return [{ level: 'information', code: 'method/variants', message: `The strongest effects: ${words}.` }];
}
