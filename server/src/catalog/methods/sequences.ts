/** Methods that know what a sequence is: variants of it, and its other strand. */
import type { MethodEntry, ParameterSpecification } from '../specification.js';
import { LOCAL_AGNOSTIC, LOCAL_SPECIFIC } from './parameters.js';

const method = {
  type: { is: 'call', category: 'method' },
  summary: 'The method inside, which must give maps of the input.',
} as const satisfies ParameterSpecification;

export const variant_effect = {
  category: 'method',
  name: 'variant_effect',
  summary: 'What a variant does to the prediction: the target with the alternative allele against the reference.',
  documentation:
    'Of data from `variants`: for each, the target at the reference window, at the alternative window, and the effect, which is their difference or the logarithm of their ratio to the base 2 (for targets that are positive: counts, signal, probabilities). A logit asks for the difference, which is then the log odds ratio. `strands: both` takes the mean of the target over the sequence and its reverse complement, for models that read both strands alike. An insertion or deletion moves what lies behind it by its length, so part of its effect can be that of the position. The effect is one on the model; on the organism it depends on what the model has learnt.',
  citation: 'Zhou & Troyanskaya 2015, Nature Methods 12:931; Kelley, Snoek & Rinn 2016, Genome Res 26:990',
  revision: 1,
  produces: 'edit',
  typology: {
    ...LOCAL_AGNOSTIC,
    assumptions: 'The window holds what the variant acts through, and the model has seen sequences like both alleles.',
    errorControl: 'none needed: the effects are the predictions themselves; of an ensemble the spread over members',
  },
  alphabets: ['dna'],
  complete: false,
  cost: '2 forward passes, 4 with both strands',
  parameters: {
    score: {
      type: { is: 'keyword', values: ['difference', 'log_ratio'] },
      default: 'difference',
      summary: 'Alternative minus reference, or log2 of alternative over reference.',
    },
    strands: {
      type: { is: 'keyword', values: ['forward', 'both'] },
      default: 'forward',
      summary: 'The windows as they are, or the mean of the target over them and their reverse complements.',
    },
  },
} as const satisfies MethodEntry;

export const variant_attribution = {
  category: 'method',
  name: 'variant_attribution',
  summary: 'How a variant changes the explanation: the map at the alternative window minus that at the reference.',
  documentation:
    'φ(alternative) − φ(reference), of data from `variants`: which sites a variant breaks or creates. Each window is explained by the method inside; its position scores stand at the observed bases, and the difference is taken base by base, so a substitution shows the lost base with its score negated and the new one with its own. Behind an insertion or deletion positions follow the genome: a base is compared with itself where it has moved to, and scores of inserted bases are added at the last base of the reference allele; bases that only one of the windows holds, at its end, are left out. The reference of a method with a baseline is that of the reference window for both.',
  citation: 'Kelley, Snoek & Rinn 2016, Genome Res 26:990; de Almeida et al. 2022, Nature Genetics 54:613',
  revision: 2,
  produces: 'contribution',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'What the method inside assumes, at both alleles.',
    errorControl: 'none',
  },
  alphabets: ['dna'],
  complete: false,
  cost: 'twice the method inside, and 1 forward pass',
  parameters: { method },
} as const satisfies MethodEntry;

export const reverse_complement = {
  category: 'method',
  name: 'reverse_complement',
  summary: 'The mean of a method’s maps over a sequence and its reverse complement.',
  documentation:
    'Explains the model, and the model that reads the reverse complement of what it is given, and takes the mean of the two maps, ½ (φ of f + φ of f ∘ rc), both in the coordinates of the sequence. It is the explanation of the mean prediction over strands, for models that are to read both strands alike; stored predictions remain those of the sequence as it is. References are the same for both. Not for targets that speak of positions (profiles, windows): the reverse complement has them elsewhere.',
  citation: 'Shrikumar, Greenside & Kundaje 2017, bioRxiv 103663 (reverse-complement averaging)',
  revision: 1,
  produces: 'same',
  typology: {
    ...LOCAL_SPECIFIC,
    assumptions: 'What is on one strand means the same on the other, and what the method inside assumes.',
    errorControl: 'none',
  },
  alphabets: ['dna'],
  complete: false,
  cost: 'twice the method inside, and 2 forward passes',
  parameters: { method },
} as const satisfies MethodEntry;
