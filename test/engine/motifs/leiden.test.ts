import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leiden, modularity, type WeightedGraph } from '../../../server/src/engine/motifs/leiden.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

type Edge = readonly [number, number, number];

function graphOf(nodes: number, edges: readonly Edge[]): WeightedGraph {
  const neighbours = Array.from({ length: nodes }, () => new Map<number, number>());
  for (const [a, b, weight] of edges) {
    neighbours[a]!.set(b, weight);
    neighbours[b]!.set(a, weight);
  }
  return { neighbours };
}

/** Zachary 1977, Journal of Anthropological Research 33:452: who of a karate club met outside it; members from 1. */
const KARATE = `1-2 1-3 1-4 1-5 1-6 1-7 1-8 1-9 1-11 1-12 1-13 1-14 1-18 1-20 1-22 1-32 2-3 2-4 2-8 2-14 2-18 2-20 2-22 2-31 3-4 3-8
  3-9 3-10 3-14 3-28 3-29 3-33 4-8 4-13 4-14 5-7 5-11 6-7 6-11 6-17 7-17 9-31 9-33 9-34 10-34 14-34 15-33 15-34 16-33 16-34 19-33
  19-34 20-34 21-33 21-34 23-33 23-34 24-26 24-28 24-30 24-33 24-34 25-26 25-28 25-32 26-32 27-30 27-34 28-34 29-32 29-34 30-33
  30-34 31-33 31-34 32-33 32-34 33-34`;
const club = graphOf(
  34,
  KARATE.trim()
    .split(/\s+/)
    .map(edge => [...edge.split('-').map(member => Number(member) - 1), 1] as unknown as Edge), // two members each
);

/** All divisions of n nodes into groups, as numbers that name a new group only when those before it are taken. */
function* divisions(n: number, begun: readonly number[] = []): Generator<readonly number[]> {
  if (begun.length === n) yield begun;
  else for (let group = 0; group <= Math.max(-1, ...begun) + 1; group++) yield* divisions(n, [...begun, group]);
}

function isConnected({ neighbours }: WeightedGraph, nodes: readonly number[]): boolean {
  const reached = new Set(nodes.slice(0, 1));
  for (const node of reached)
    for (const other of neighbours[node]!.keys()) if (nodes.includes(other)) reached.add(other);
  return reached.size === nodes.length;
}

const graphs = fc.integer({ min: 2, max: 8 }).chain(n =>
  fc
    .array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 16 })
    .map(edges => ({ n, edges: edges.filter(([a, b]) => a !== b) }))
    .filter(({ edges }) => edges.length > 0),
);

describe('Leiden communities', () => {
  it('reach the greatest modularity of the karate club, 0.4198 in four groups', () => {
    // Brandes et al. 2008, IEEE TKDE 20:172: proven by exhaustive optimisation.
    const found = Array.from({ length: 10 }, (_, run) => leiden(club, new Stream(1, 'test', undefined, run)));
    const best = found.toSorted((a, b) => modularity(club, b) - modularity(club, a))[0]!;
    expect(modularity(club, best)).toBeCloseTo(0.4198, 4);
    expect(new Set(best).size).toBe(4);
  });

  it('are connected, and of ten runs one is at most 0.02 below the best of all divisions', () => {
    fc.assert(
      fc.property(graphs, ({ n, edges }) => {
        const graph = graphOf(n, edges);
        let most = -Infinity;
        for (const division of divisions(n)) most = Math.max(most, modularity(graph, division));
        let found = -Infinity;
        for (let run = 0; run < 10; run++) {
          const division = leiden(graph, new Stream(2, 'test', undefined, run));
          found = Math.max(found, modularity(graph, division));
          for (const group of new Set(division)) {
            const nodes = Array.from(division.keys()).filter(node => division[node] === group);
            expect(isConnected(graph, nodes)).toBe(true);
          }
        }
        expect(found).toBeGreaterThanOrEqual(most - 0.02);
        expect(found).toBeLessThanOrEqual(most + 1e-12);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('leave every node alone where there is no edge', () => {
    expect([...leiden(graphOf(3, []), new Stream(1, 'test'))]).toEqual([0, 1, 2]);
  });
});
