/**
 * The effect of every single substitution on the explained number. Where it is predicted to be cheaper, only what a
 * mutation reaches is computed again (`transforms/incremental/`); a sample of every block is checked against whole passes.
 */
import type { Note } from '../../../protocol.js';
import type { Json } from '../../../store/writer.js';
import type { Executable, Executor } from '../../backends/executor.js';
import { workOf, type Work } from '../../graph/work.js';
import type { ScalarModel } from '../../models/model.js';
import { incremental, type IncrementalGraph } from '../../transforms/incremental/incremental.js';
import { SUBSTITUTIONS } from '../../transforms/incremental/windows.js';
import { MEMORY } from '../batch.js';
import { elements, Pass, type Passed } from '../passes.js';
import { buildStreamlined } from '../streamlined.js';

/** Positions that one run of the incremental graph mutates. */
const SITES = 256;
/** Fewer sites at a time leave too little for what a run computes once. */
const FEWEST_SITES = 8;
/** What writing an element costs, in multiplications of a matrix product. */
const PER_ELEMENT = 32;
/** Mutants of a block that are computed both ways. */
const SAMPLE = 16;
/** Differences between both ways that pass for rounding, relative to the largest effect and to the explained number. */
const TOLERANCE = { effect: 1e-4, output: 1e-5 };

/** What the ledger keeps of a block: the largest difference in its sample, the largest effect, and f of the sequence. */
interface BlockInfo {
  readonly difference: number;
  readonly effect: number;
  readonly output: number;
}

const costOf = ({ multiplications, elements }: Work): number => multiplications + PER_ELEMENT * elements;

/** The graph that computes only what a mutation reaches; undefined where it would cost more than whole passes. */
function worthwhile(model: ScalarModel): IncrementalGraph | undefined {
  // A file that fixes its batch size has no graph for a single sequence.
  if (model.batch(1) !== 1 || model.batch(2) !== 2 || model.space.alphabet !== 'dna') return undefined;
  const forward = (batch: number) => {
    const { builder, f, nodes } = buildStreamlined(model, batch, 'predictions');
    return { graph: builder.finish([f]), work: workOf(nodes, value => builder.shape(value)) };
  };
  const one = forward(1);
  const build = (sites: number) => {
    const found = incremental(one.graph, batch => forward(batch).graph, sites);
    return found && { found, work: workOf(found.graph.nodes, value => found.builder.shape(value)) };
  };
  const most = Math.min(model.length, SITES);
  let built = build(most);
  if (built !== undefined && built.work.elements > MEMORY) {
    const fitting = Math.floor((most * MEMORY) / built.work.elements);
    built = fitting < FEWEST_SITES ? undefined : build(fitting);
  }
  if (built === undefined) return undefined;
  const { found, work } = built;
  return costOf(work) < costOf(one.work) * found.sites * SUBSTITUTIONS ? found : undefined;
}

export class SubstitutionPass {
  private constructor(
    private readonly forward: Pass,
    private readonly windows: { readonly graph: IncrementalGraph; readonly executable: Executable } | undefined,
    private readonly length: number,
  ) {}

  static async create(model: ScalarModel, executor: Executor): Promise<SubstitutionPass> {
    const graph = worthwhile(model);
    const windows = graph && { graph, executable: await executor.load(graph.graph) };
    return new SubstitutionPass(await Pass.forward(model, executor), windows, model.length);
  }

  /**
   * @param x [row, position, base]
   * @param outputs f at every row
   * @returns f with this base at this position minus f, [row, position, base]; zero where the sequence has the base
   */
  async run(x: Float32Array, outputs: Float32Array, passed: Passed): Promise<{ map: Float32Array; info?: Json }> {
    const size = this.length * 4;
    const map = new Float32Array(x.length);
    let sampled: BlockInfo | undefined;
    for (let row = 0; row * size < x.length; row++) {
      const sequence = x.subarray(row * size, (row + 1) * size);
      const places = substitutionsOf(sequence);
      const effects = map.subarray(row * size, (row + 1) * size);
      // An ambiguous letter has four substitutions: such a sequence takes whole passes.
      if (this.windows === undefined || places.length !== SUBSTITUTIONS * this.length) {
        const values = await this.forward.run(mutants(sequence, places), passed);
        places.forEach((place, i) => {
          effects[place] = values[i]! - outputs[row]!;
        });
        continue;
      }
      await this.reach(sequence, effects, passed);
      sampled ??= await this.compare(sequence, effects, places, outputs[row]!, passed);
    }
    return { map, ...(sampled && { info: { ...sampled } }) };
  }

  /** Effects of all substitutions of a sequence, computed where they reach. */
  private async reach(sequence: Float32Array, effects: Float32Array, passed: Passed): Promise<void> {
    const { graph, executable } = this.windows!;
    const x = { type: 'float32' as const, shape: [1, this.length, 4], data: sequence };
    for (let first = 0; first < this.length; first += graph.sites) {
      const values = elements(await executable.run({ [graph.x]: x, ...this.tables(first) }), graph.f);
      // The last site is the sequence itself, computed like its mutants.
      const own = values[graph.sites * SUBSTITUTIONS]!;
      const count = Math.min(graph.sites, this.length - first);
      for (let site = 0; site < count; site++) {
        const position = first + site;
        const base = sequence.indexOf(1, position * 4) - position * 4;
        for (let s = 0; s < SUBSTITUTIONS; s++)
          effects[position * 4 + ((base + s + 1) % 4)] = values[site * SUBSTITUTIONS + s]! - own;
      }
      await passed(count * SUBSTITUTIONS);
    }
  }

  /** The index tables depend on the positions only. */
  private readonly known = new Map<number, ReturnType<IncrementalGraph['tables']>>();
  private tables(first: number): ReturnType<IncrementalGraph['tables']> {
    const tables = this.known.get(first) ?? this.windows!.graph.tables(first);
    this.known.set(first, tables);
    return tables;
  }

  /** The largest difference between effects and whole passes over places spread along the sequence. */
  private async compare(
    sequence: Float32Array,
    effects: Float32Array,
    places: readonly number[],
    output: number,
    passed: Passed,
  ): Promise<BlockInfo> {
    const some = Array.from(
      { length: SAMPLE },
      (_, i) => places[Math.floor((i * (places.length - 1)) / (SAMPLE - 1))]!,
    );
    const values = await this.forward.run(mutants(sequence, some), passed);
    const difference = some.reduce(
      (most, place, i) => Math.max(most, Math.abs(effects[place]! - (values[i]! - output))),
      0,
    );
    return { difference, effect: effects.reduce((most, effect) => Math.max(most, Math.abs(effect)), 0), output };
  }

  /** What the samples of all blocks show. */
  notes(infos: readonly Json[]): Note[] {
    const blocks = infos as unknown as BlockInfo[];
    if (blocks.length === 0) {
      const reason =
        this.windows === undefined ? 'in this model that is not dearer' : 'the sequences have ambiguity codes';
      return [
        { level: 'information', code: 'method/incremental', message: `Every mutant was computed whole: ${reason}.` },
      ];
    }
    const worst = blocks.reduce((most, { difference, effect }) => Math.max(most, difference / (effect || 1)), 0);
    const rounding = blocks.every(
      ({ difference, effect, output }) =>
        difference <= Math.max(TOLERANCE.effect * effect, TOLERANCE.output * Math.abs(output)),
    );
    return [
      {
        level: rounding ? 'information' : 'warning',
        code: 'method/incremental',
        message: `Only what a substitution reaches was computed; in a sample of ${blocks.length * SAMPLE} mutants whole passes differ by at most ${worst.toExponential(1)} of the largest effect${rounding ? '' : ', more than rounding explains'}.`,
      },
    ];
  }

  async release(): Promise<void> {
    await this.windows?.executable.release();
    await this.forward.release();
  }
}

/** Elements [position, base] of a sequence that do not hold a full base already. */
function substitutionsOf(sequence: Float32Array): number[] {
  return Array.from(sequence.keys()).filter(at => sequence[at] !== 1);
}

/** One copy of the sequence per place, with the base of that place alone at its position: [place, position, base]. */
function mutants(sequence: Float32Array, places: readonly number[]): Float32Array {
  const all = new Float32Array(places.length * sequence.length);
  places.forEach((place, i) => {
    const start = i * sequence.length;
    all.set(sequence, start);
    all.fill(0, start + place - (place % 4), start + place - (place % 4) + 4);
    all[start + place] = 1;
  });
  return all;
}
