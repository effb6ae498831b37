/** Experiments as the language would hand them over, written by hand. */
import type { Category, Kind, MapKind } from '../../server/src/catalog/index.js';
import type {
  Declaration,
  Experiment,
  SourcePlace,
  WrittenCall,
  WrittenExpectation,
  WrittenName,
  WrittenPipeline,
  WrittenValue,
} from '../../server/src/language/experiment.js';

export const FILE = '/somewhere/ctcf.xome';

export function place(line: number, file = FILE): SourcePlace {
  return { file, range: { start: { line, character: 0 }, end: { line, character: 40 } } };
}

export function call(category: Category, name: string, given: Record<string, WrittenValue> = {}): WrittenCall {
  return { form: 'call', category, name, arguments: given };
}

export function name(of: string): WrittenName {
  return { form: 'name', id: `${FILE}#${of}` };
}

interface Parts {
  readonly of?: readonly string[];
  readonly on?: string | WrittenCall;
  readonly stages?: readonly WrittenCall[];
  readonly map?: MapKind;
}

export function declare(
  kind: Kind,
  declared: string,
  head: WrittenCall | string,
  { of = [], on, stages = [], map }: Parts = {},
  line = 0,
): Declaration {
  const written = (value: WrittenCall | string): WrittenCall | WrittenName =>
    typeof value === 'string' ? name(value) : value;
  const value: WrittenPipeline = {
    head: written(head),
    of: of.map(name),
    ...(on !== undefined && { on: written(on) }),
    stages,
  };
  return {
    id: name(declared).id,
    name: declared,
    kind,
    place: place(line),
    folder: '/somewhere',
    value,
    ...(map && { map }),
  };
}

export function expectation(
  metric: string,
  statistic: string,
  comparison: WrittenExpectation['comparison'],
  confidence?: number,
): WrittenExpectation {
  return {
    metric: name(metric).id,
    statistic,
    comparison,
    ...(confidence !== undefined && { confidence }),
    place: place(20),
    text: `expect ${metric}.${statistic} …`,
  };
}

export function experiment(
  declarations: readonly Declaration[],
  expectations: readonly WrittenExpectation[] = [],
): Experiment {
  return { file: FILE, declarations, expectations, views: [], exports: [] };
}

/** The experiment of the design's example, in the parts that the catalog has. */
export function example(): Declaration[] {
  return [
    declare(
      'model',
      'ctcf',
      call('format', 'onnx', { path: 'ctcf.onnx', input: call('alphabet', 'dna', { length: 100 }) }),
    ),
    declare('target', 'binding', call('target', 'logit'), { of: ['ctcf'] }),
    declare('data', 'peaks', call('source', 'fasta', { path: 'ctcf.fa.gz', label: 1 }), {
      stages: [call('stage', 'sample', { size: 500, seed: 1 })],
    }),
    declare('reference', 'shuffled', call('reference', 'dinucleotide_shuffle', { seed: 1 })),
    declare('method', 'path', call('method', 'integrated_gradients', { baseline: name('shuffled') })),
    declare('attribution', 'raw', call('method', 'saliency'), { of: ['binding'], on: 'peaks', map: 'gradient' }),
    declare('attribution', 'grad', 'raw', { stages: [call('correction', 'simplex_correction')], map: 'gradient' }),
    declare('attribution', 'ig', 'path', { of: ['binding'], on: 'peaks', map: 'contribution' }),
    declare('metric', 'gap', call('metric', 'completeness'), { of: ['ig'] }),
    declare('metric', 'agree', call('metric', 'rank_agreement'), { of: ['grad', 'ig'] }),
    declare('metric', 'level', call('metric', 'prediction_summary'), { of: ['binding'], on: 'peaks' }),
  ];
}
