/** Experiments on the example's network that are quick enough, or slow enough, for a test. */

const HEAD = `model  net   = onnx("planted_motifs.onnx", input: dna(100))
target score = logit of net
`;

/** About a second. Its first expectation is met, its second is not. */
export const SMALL = `/// Two explanations of a small network.
${HEAD}
data  planted = simulate_motifs(["TGASTCA", "WGATAAR", "CACGTGAC"], sequences: 40, positives: 100%, seed: 8)
truth sites   = planted_motifs of planted

attribution raw  = saliency of score on planted
attribution grad = raw | simplex_correction
attribution ism  = in_silico_mutagenesis of score on planted

metric angle = simplex_angle of raw
metric found = interpretability(truth: sites) of ism

expect found.auroc > 70% at 95%
expect angle.over_30 < 1%

view logo(grad, ism)
`;

/** Most of a minute, nearly all of it in \`slow\`. Begins with a quick step. */
export const LONG = `${HEAD}
data many = simulate_motifs(["TGASTCA", "WGATAAR", "CACGTGAC"], sequences: 10000, seed: 9)
attribution quick = saliency of score on many
attribution slow  = in_silico_mutagenesis of score on many
`;

/** A few seconds of everything that the panel draws. */
export const VIEWS = `/// Every kind of view.
model  net   = onnx("planted_motifs.onnx", input: dna(100))
target score = logit of net
data   planted = simulate_motifs(["TGASTCA", "WGATAAR", "CACGTGAC"], sequences: 40, positives: 100%, seed: 8)
attribution grad = saliency of score on planted | simplex_correction
attribution ism  = in_silico_mutagenesis of score on planted
metric agree = rank_agreement(top: 10%) of grad, ism
benchmark table = compare(methods: [saliency, integrated_gradients(zeros, steps: 4)], wrappers: [none, smooth_grad(samples: 3, noise: 10%, seed: 1)], metrics: [simplex_angle, complexity]) of score on planted

data     cohort = simulate_genotypes(people: 300, variants: 60, correlation: 0.5, heritability: 80%, causal: 100%, seed: 1) | spike_in(additive: 4, scale: 4, mode: fixed, seed: 1)
network  small  = layers([dense(8), relu, dense(1)])
ensemble nets   = train(small, epochs: 5, batch: 100, loss: mean_squared, optimizer: adam(rate: 0.01), seed: 1) on cohort
target   trait  = output of nets
attribution loci = saliency of trait on cohort
metric   found  = attribution_recall(top: 10%) of loci

data     cells  = simulate_expression(quick, seed: 1) | sample(100, seed: 1)
network  linear = layers([dense(10), softmax])
ensemble typing = train(linear, epochs: 5, batch: 25, loss: cross_entropy, optimizer: adam(rate: 0.01), seed: 1) on cells
target   kind   = true_class of typing
attribution genes = saliency of kind on cells
metric right = prediction_summary of kind on cells
`;
