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
