/** Methods that read what a model is made of: its filters, its attention. */
import type { MethodEntry, ParameterSpecification } from '../specification.js';
import { layer } from './parameters.js';

const attentionLayer = {
  type: { is: 'text' },
  optional: true,
  summary: 'Name of the layer or of its Softmax node, as in the file; all of them where none is named.',
} as const satisfies ParameterSpecification;

export const layer_activation = {
  category: 'method',
  name: 'layer_activation',
  summary: 'The values of a layer.',
  documentation:
    'What each neuron puts out, before anything is attributed. Layers and nodes are named as in the file; an unknown name is refused with those that there are.',

  revision: 1,
  produces: 'activation',
  typology: {
    stage: 'intrinsic',
    model: 'specific',
    scope: 'local',
    assumptions: 'None: the values are the network’s own.',
    errorControl: 'none needed',
  },
  complete: false,
  cost: '1 forward pass',
  parameters: { layer },
} as const satisfies MethodEntry;

export const attention_maps = {
  category: 'method',
  name: 'attention_maps',
  summary: 'The attention of each head: by which share each query takes the value of each key.',
  documentation:
    'Every Softmax over keys that a matrix product multiplies with computed values, [layer, head, query, key]; rows sum to one. Not importance: with more keys than dimensions of a head other maps give the same output (see `effective_attention`), and correlated keys share weight at will. Gates and attention pooling that do not multiply matrices are not found.',
  citation: 'Vaswani et al. 2017, NeurIPS, arXiv 1706.03762; Jain & Wallace 2019, NAACL, arXiv 1902.10186',
  revision: 1,
  produces: 'activation',
  typology: {
    stage: 'intrinsic',
    model: 'specific',
    scope: 'local',
    assumptions: 'Weights are identifiable, and what is not attended to reaches the output on no other way.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 forward pass',
  parameters: { layer: attentionLayer },
} as const satisfies MethodEntry;

export const effective_attention = {
  category: 'method',
  name: 'effective_attention',
  summary: 'Attention without the part that cannot reach the output.',
  documentation:
    'Each row of an attention map is projected onto the span of the columns of its values V [key, dimension] (the complement of the left null space of V; A · V V⁺ with the pseudoinverse V⁺), so attention times V stays as it is and everything that V cancels is gone. V is what the head’s matrix product multiplies; a projection behind it, which can cancel more, is not taken in. Rows no longer sum to one, and values can be negative. With no more keys than independent dimensions it is the attention itself.',
  citation: 'Brunner et al. 2020, ICLR, arXiv 1908.04211',
  revision: 1,
  produces: 'activation',
  typology: {
    stage: 'intrinsic',
    model: 'specific',
    scope: 'local',
    assumptions: 'What is not attended to reaches the output on no other way.',
    errorControl: 'none',
  },
  complete: false,
  cost: '1 forward pass and a basis of the values for each head',
  parameters: { layer: attentionLayer },
} as const satisfies MethodEntry;

export const filters_to_pwms = {
  category: 'method',
  name: 'filters_to_pwms',
  summary: 'Motifs of the filters of the first convolution, from the subsequences that activate them.',
  documentation:
    'For each filter the subsequences of the data at which its activation reaches a share of its greatest are aligned and counted: `array` holds the probabilities, `counts`, `information` (bits, against ¼ each), `sites` and `maximum` stand beside. The activation is that behind normalisation and non-linearity. Sites that reach over the ends of a sequence are left out; a filter that is never active has ¼ everywhere and no sites. Unlike the weights, which can be rescaled and shifted without a change of any prediction, this depends on what the network computes; it also depends on the data.',
  citation: 'Alipanahi et al. 2015, Nature Biotechnology 33:831; Kelley, Snoek & Rinn 2016, Genome Research 26:990',
  revision: 1,
  produces: 'pattern',
  typology: {
    stage: 'intrinsic',
    model: 'specific',
    scope: 'global',
    assumptions: 'A filter stands for one motif, and is not completed by filters of later layers.',
    errorControl: 'none',
  },
  alphabets: ['dna'],
  complete: false,
  cost: '2 forward passes of the first layer',
  parameters: {
    threshold: {
      type: { is: 'share', min: 0, max: 1 },
      default: 0.5,
      summary: 'Share of a filter’s greatest activation over the data that makes a site.',
    },
    layer: {
      type: { is: 'text' },
      optional: true,
      summary:
        'The layer whose values are taken for activations; the non-linearity behind the convolution where none is named.',
    },
  },
} as const satisfies MethodEntry;
