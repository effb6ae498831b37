/** `xome init`: a complete, commented first experiment, from what the header of a model file says. */
import type { ModelDescription } from '../protocol.js';

/** Positions of the simulated sequences where the model leaves its length open. */
const OPEN_LENGTH = 1000;

/**
 * The text of an experiment that runs as it is, on simulated sequences until there are better ones.
 *
 * @param path the model file, relative to the experiment
 * @param format the catalog's name of its format
 * @returns undefined when the model does not read one-hot DNA
 */
export function firstExperiment(path: string, format: string, model: ModelDescription): string | undefined {
  const { dna, outputs, operators } = model;
  if (!dna) return undefined;
  const open = typeof dna.length !== 'number';
  const length = typeof dna.length === 'number' ? dna.length : OPEN_LENGTH;
  const layout = dna.ambiguous ? `, layout: ${dna.layout}` : '';
  const units = outputs[0]?.shape.at(-1);
  const several = outputs.length > 1 || (typeof units === 'number' && units > 1);
  const differentiable = operators.every(({ gradient }) => gradient === 'exact');
  const lengthNote = open ? `\n// The model leaves the length open; ${length} bp is a guess.` : '';
  const indexNote = several
    ? '\n// The model has several output units: `index` says which one is explained.'
    : '\n// Other choices: output(), before(relu), class(1).';
  return `/// What does this model rely on, and can its explanation be believed?
// Written by \`xome init\` from the header of the model; every line is meant to be changed.
${lengthNote}
model  net   = ${format}(${JSON.stringify(path)}, input: dna(${length})${layout})

// The explained number: the value in front of the final sigmoid or softmax.${indexNote}
target score = logit${several ? '(index: 0)' : ''} of net

// Stand-in data with planted motifs, so that the experiment runs at once. Explain your own sequences instead:
//   data sequences = fasta("sequences.fa.gz", label: 1) | sample(500, seed: 1)
data   sequences = simulate_motifs(["TGASTCA"], sequences: 200, length: ${length} bp, positives: 100%, seed: 1)

${differentiable ? GRADIENTS : MUTAGENESIS}
// What the model says about these sequences: an explanation of wrong predictions explains errors.
metric level = prediction_summary of score on sequences

view   logo(${differentiable ? 'ig, grad, ism' : 'ism'})
view   heatmap(${differentiable ? 'ig' : 'ism'})
`;
}

const GRADIENTS = `// Contributions relative to shuffled sequences, which keep the dinucleotides and lose the motifs.
reference shuffled = dinucleotide_shuffle(copies: 10, seed: 1)
method    path     = integrated_gradients(baseline: shuffled, steps: auto, tolerance: 1%)

// Three methods that rest on different assumptions.
attribution ig   = path of score on sequences
attribution raw  = saliency of score on sequences
attribution grad = raw | simplex_correction
attribution ism  = in_silico_mutagenesis of score on sequences

// Do the contributions sum to f(x) − f(reference)? If not, the map is wrong, whatever it looks like.
metric gap   = completeness of ig
// xome-ignore GA018: the claims are about this network
expect gap.max < 1%

// How far does the gradient point to where no sequence is?
metric angle = simplex_angle of raw

// Do the methods agree on the top positions? Unrelated maps share 10 % of them.
metric agree = rank_agreement(top: 10%) of ig, grad, ism
expect agree.median > 30% at 95%
`;

const MUTAGENESIS = `// The model has operators without a gradient; mutagenesis runs it forward only.
attribution ism = in_silico_mutagenesis of score on sequences
`;
