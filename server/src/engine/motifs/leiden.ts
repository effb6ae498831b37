/**
 * Communities of a weighted graph by modularity: the Leiden algorithm. Nodes move to where modularity grows most, communities
 * are refined into well-connected parts, the parts become the nodes of a smaller graph, until nothing moves. Every community is
 * connected, which Louvain's are not. Traag, Waltman & van Eck 2019, Scientific Reports 9:5233; modularity with resolution:
 * Reichardt & Bornholdt 2006, Phys. Rev. E 74:016110.
 */
import type { Stream } from '../random/philox.js';

/** Symmetric: an edge stands in the neighbours of both its ends. */
export interface WeightedGraph {
  /** For each node the weight of the edge to each neighbour; none to itself. */
  readonly neighbours: readonly ReadonlyMap<number, number>[];
}

/** Greater values let refinement choose worse communities more often (θ in the paper). */
const RANDOMNESS = 0.01;

/** A graph whose nodes may stand for several, with the weight inside them. */
interface Level extends WeightedGraph {
  /** Sum of the weights at a node's ends, those inside it twice. */
  readonly strengths: Float64Array;
}

/**
 * @param resolution 1 is modularity as Newman & Girvan defined it; greater values give smaller communities
 * @returns for each node the number of its community, from 0, in order of the first node of each
 */
export function leiden(graph: WeightedGraph, random: Stream, resolution = 1): Uint32Array {
  let level: Level = { ...graph, strengths: strengthsOf(graph) };
  const total = level.strengths.reduce((sum, strength) => sum + strength, 0);
  if (total === 0) return Uint32Array.from(graph.neighbours, (_, node) => node);
  const pull = resolution / total;
  /** The node of the present level that holds each node of the graph. */
  let holder: Uint32Array = Uint32Array.from(graph.neighbours, (_, node) => node);
  let community: Uint32Array = Uint32Array.from(holder);
  for (;;) {
    const moved = move(level, community, pull, random);
    const count = level.strengths.length;
    if (new Set(community).size === count) break;
    const refined = renumber(refine(level, community, pull, random));
    if (new Set(refined).size === count && !moved) break;
    const above = new Uint32Array(Math.max(...refined) + 1);
    refined.forEach((part, node) => (above[part] = community[node]!));
    level = aggregate(level, refined);
    holder = holder.map(node => refined[node]!);
    community = renumber(above);
  }
  return renumber(holder.map(node => community[node]!));
}

/** Σ over communities of inner weight ÷ m − resolution · (strength ÷ 2m)². */
export function modularity(graph: WeightedGraph, community: ArrayLike<number>, resolution = 1): number {
  const strengths = strengthsOf(graph);
  const total = strengths.reduce((sum, strength) => sum + strength, 0);
  const sums = new Map<number, number>();
  let inner = 0;
  graph.neighbours.forEach((edges, node) => {
    sums.set(community[node]!, (sums.get(community[node]!) ?? 0) + strengths[node]!);
    for (const [other, weight] of edges) if (community[other] === community[node]) inner += weight;
  });
  return [...sums.values()].reduce((value, sum) => value - resolution * (sum / total) ** 2, inner / total);
}

function strengthsOf({ neighbours }: WeightedGraph): Float64Array {
  return Float64Array.from(neighbours, edges => [...edges.values()].reduce((sum, weight) => sum + weight, 0));
}

/** Moves nodes to neighbouring communities while that raises modularity. @returns whether any has moved */
function move({ neighbours, strengths }: Level, community: Uint32Array, pull: number, random: Stream): boolean {
  const n = strengths.length;
  const sums = new Float64Array(n);
  const sizes = new Uint32Array(n);
  community.forEach((c, node) => {
    sums[c]! += strengths[node]!;
    sizes[c]!++;
  });
  const queue = Array.from({ length: n }, (_, node) => node);
  random.shuffle(queue);
  const waiting = new Uint8Array(n).fill(1);
  let moved = false;
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    waiting[node] = 0;
    const from = community[node]!;
    const strength = strengths[node]!;
    sums[from]! -= strength;
    sizes[from]!--;
    const weights = weightsTo(neighbours[node]!, community);
    let best = from;
    let most = (weights.get(from) ?? 0) - pull * strength * sums[from]!;
    for (const [candidate, weight] of weights) {
      const gain = weight - pull * strength * sums[candidate]!;
      if (gain > most + 1e-12) [best, most] = [candidate, gain];
    }
    // To be alone is worth 0.
    if (most < -1e-12) best = sizes.indexOf(0);
    sums[best]! += strength;
    sizes[best]!++;
    if (best === from) continue;
    community[node] = best;
    moved = true;
    for (const other of neighbours[node]!.keys())
      if (community[other] !== best && waiting[other] === 0) {
        waiting[other] = 1;
        queue.push(other);
      }
  }
  return moved;
}

/** Splits each community into parts that hang together: single nodes join parts, chosen by chance in favour of the better. */
function refine({ neighbours, strengths }: Level, community: Uint32Array, pull: number, random: Stream): Uint32Array {
  const n = strengths.length;
  const part = Uint32Array.from({ length: n }, (_, node) => node);
  const whole = new Float64Array(n);
  community.forEach((c, node) => (whole[c]! += strengths[node]!));
  const sums = Float64Array.from(strengths);
  const sizes = new Uint32Array(n).fill(1);
  /** Weight of the edges from a part to the rest of its community. */
  const outward = Float64Array.from(neighbours, (edges, node) => weightInside(edges, community, community[node]!));
  const order = Array.from({ length: n }, (_, node) => node);
  random.shuffle(order);
  const isWell = (p: number, c: number): boolean => outward[p]! >= pull * sums[p]! * (whole[c]! - sums[p]!) - 1e-12;
  for (const node of order) {
    const c = community[node]!;
    if (sizes[part[node]!] !== 1 || !isWell(part[node]!, c)) continue;
    const own = part[node]!;
    const inner = new Map([...neighbours[node]!].filter(([other]) => community[other] === c));
    const options: { to: number; weight: number; gain: number }[] = [{ to: own, weight: 0, gain: 0 }];
    for (const [to, weight] of weightsTo(inner, part)) {
      const gain = weight - pull * strengths[node]! * sums[to]!;
      if (to !== own && gain >= 0 && isWell(to, c)) options.push({ to, weight, gain });
    }
    const { to, weight } = chosen(options, pull, random);
    if (to === own) continue;
    outward[to] = outward[to]! + outward[own]! - 2 * weight;
    sums[to]! += sums[own]!;
    sizes[to]!++;
    sums[own] = sizes[own] = 0;
    part[node] = to;
  }
  return part;
}

/** One of the options, with odds e^(gain / θ); gains as shares of the graph's weight. */
function chosen<Option extends { readonly gain: number }>(
  options: readonly Option[],
  pull: number,
  random: Stream,
): Option {
  const top = Math.max(...options.map(({ gain }) => gain));
  const odds = options.map(({ gain }) => Math.exp(((gain - top) * pull) / RANDOMNESS));
  let left = random.uniform() * odds.reduce((sum, odd) => sum + odd, 0);
  return options.find((_, i) => (left -= odds[i]!) < 0) ?? options.at(-1)!;
}

function weightsTo(edges: ReadonlyMap<number, number>, group: Uint32Array): Map<number, number> {
  const weights = new Map<number, number>();
  for (const [other, weight] of edges) weights.set(group[other]!, (weights.get(group[other]!) ?? 0) + weight);
  return weights;
}

function weightInside(edges: ReadonlyMap<number, number>, group: Uint32Array, wanted: number): number {
  let sum = 0;
  for (const [other, weight] of edges) if (group[other] === wanted) sum += weight;
  return sum;
}

function aggregate({ neighbours, strengths }: Level, part: Uint32Array): Level {
  const count = Math.max(...part) + 1;
  const merged = Array.from({ length: count }, () => new Map<number, number>());
  const sums = new Float64Array(count);
  neighbours.forEach((edges, node) => {
    const own = part[node]!;
    sums[own]! += strengths[node]!;
    for (const [other, weight] of edges) {
      const to = part[other]!;
      if (to !== own) merged[own]!.set(to, (merged[own]!.get(to) ?? 0) + weight);
    }
  });
  return { neighbours: merged, strengths: sums };
}

/** The same groups with numbers from 0, in order of their first member. */
function renumber(groups: Uint32Array): Uint32Array {
  const numbers = new Map<number, number>();
  return groups.map(group => {
    if (!numbers.has(group)) numbers.set(group, numbers.size);
    return numbers.get(group)!;
  });
}
