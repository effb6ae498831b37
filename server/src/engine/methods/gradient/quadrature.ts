/** Quadrature rules on [0, 1]: nodes and weights that sum to one. */

export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** `product`: with the density −ln t of a product of two uniform numbers. */
export type Rule = 'gauss_legendre' | 'trapezoid' | 'riemann' | 'product';

/**
 * @param steps number of nodes for Gauss–Legendre and the midpoint rule, of intervals for the trapezoid rule
 */
export function quadrature(rule: Rule, steps: number): Quadrature {
  switch (rule) {
    case 'gauss_legendre':
      return gaussLegendre(steps);
    case 'trapezoid':
      return {
        nodes: Float64Array.from({ length: steps + 1 }, (_, i) => i / steps),
        weights: Float64Array.from({ length: steps + 1 }, (_, i) => (i === 0 || i === steps ? 0.5 : 1) / steps),
      };
    case 'product': {
      // t = u² takes most of the logarithm's singularity away.
      const { nodes, weights } = gaussLegendre(steps);
      return { nodes: nodes.map(u => u * u), weights: weights.map((w, i) => -4 * nodes[i]! * Math.log(nodes[i]!) * w) };
    }
    case 'riemann':
      return {
        nodes: Float64Array.from({ length: steps }, (_, i) => (i + 0.5) / steps),
        weights: new Float64Array(steps).fill(1 / steps),
      };
  }
}

/** Roots of the Legendre polynomial by Newton's method (Press et al., Numerical Recipes, §4.6), moved to [0, 1]. */
function gaussLegendre(n: number): Quadrature {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = Infinity; Math.abs(step) > 1e-15;) {
      let [value, previous] = [1, 0];
      for (let k = 0; k < n; k++) [value, previous] = [((2 * k + 1) * x * value - k * previous) / (k + 1), value];
      slope = (n * (x * value - previous)) / (x * x - 1);
      const next = x - value / slope;
      // Newton's step ends where rounding makes it oscillate.
      if (Math.abs(next - x) >= Math.abs(step)) break;
      step = next - x;
      x = next;
    }
    nodes[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}
