/**
 * What people call things elsewhere: names of papers, file endings, Captum, SHAP, Keras, PyTorch, scikit-learn and Seurat or
 * Scanpy habits, and what each is called here. A name may mean several things; its place decides. Written without `_` and
 * in lower case: `DeepLiftShap`, `deep_lift_shap` and `deepliftshap` are one.
 */
const WORDS: Readonly<Record<string, string>> = {
  // Formats
  keras: 'h5 hdf5 tensorflow tf',
  pytorch: 'torch pt pth statedict',
  tfjs: 'tensorflowjs',
  // Targets
  logit: 'score logodds preactivation',
  output: 'probability prob sigmoid softmax prediction',
  predicted_class: 'argmax predicted top1',
  true_class: 'labelledclass groundtruth',
  difference: 'delta contrast logitdifference',
  unit: 'neuron channel',
  // Genomes and sources
  two_bit: '2bit hg19 hg38 mm10',
  indexed_fasta: 'fai faidx pyfaidx genome',
  fasta: 'fa fna sequences',
  intervals: 'bed narrowpeak peaks regions bedtools',
  variants: 'vcf bcf snps snvs',
  plink: 'bim fam bfile pgen genotypes',
  anndata: 'h5ad adata scanpy',
  cell_ranger: 'tenx tenxh5 mtx matrixmarket seurat',
  table: 'csv tsv txt dataframe counts',
  arrays: 'h5 hdf5 onehot zarr npy npz array dataset',
  // Stages
  sample: 'subsample random',
  take: 'head first limit slice',
  split: 'traintestsplit kfold',
  concat: 'append merge union',
  standardise: 'zscore scale scaler standardscaler normalise normalize',
  scale_to: 'cpm normalizetotal librarysize tpm',
  log1p: 'log lognormalize',
  adjust_trait: 'covariates residualize',
  // References
  zeros: 'zero black blank null',
  uniform: 'quarter flat',
  mean: 'average background',
  samples: 'dataset trainingdata nsamples ntsamples repeats',
  shuffle: 'shuffled permuted random',
  dinucleotide_shuffle: 'dinuc dinucshuffle dishuffle dinucleotide',
  kmer_shuffle: 'kmer klet',
  gc_matched: 'gc gcmatch gccontent',
  from_file: 'file custom',
  // Methods
  saliency: 'gradient gradients grad vanillagradient backprop sensitivityanalysis',
  input_x_gradient: 'gradientxinput gradxinput gradinput inputtimesgradient gradienttimesinput',
  integrated_gradients: 'ig integratedgradient intgrad',
  expected_gradients: 'gradientshap gradshap gradientexplainer eg',
  deep_lift: 'deepshap deepliftshap deepexplainer rescale',
  lrp: 'layerwiserelevancepropagation relevancepropagation relevance epsilonlrp zennit',
  grad_cam: 'layergradcam guidedgradcam cam',
  guided_backpropagation: 'guidedbackprop gbp',
  deconvolution: 'deconvnet deconv',
  smooth_grad: 'noisetunnel',
  smooth_grad_squared: 'smoothgradsq',
  in_silico_mutagenesis: 'ism mutagenesis saturationmutagenesis fastism',
  occlusion: 'perturbation perturb masking',
  feature_ablation: 'ablation',
  epistasis: 'pairwiseism doublemutants dfim interactions',
  kernel_shap: 'shap kernelexplainer',
  shapley_sampling: 'shapley shapleyvalues shapleyvaluesampling permutationexplainer samplingexplainer',
  partial_dependence: 'pdp ice partialdependenceplot',
  ale: 'accumulatedlocaleffects',
  permutation_importance: 'pfi permutationfeatureimportance featurepermutation',
  conditional_predictive_impact: 'cpi',
  leave_one_covariate_out: 'loco',
  knockoff_importance: 'knockoffs knockoff',
  linear_association: 'gwas linearregression lm',
  logistic_association: 'gwas logisticregression casecontrol',
  attention_maps: 'attention attentionweights attentionrollout',
  filters_to_pwms: 'pwm pwms filters kernels ppm',
  layer_activation: 'activation activations',
  layer_conductance: 'conductance',
  layer_gradient_x_activation: 'layergradxactivation gradxactivation',
  integrated_hessians: 'hessian hessians',
  variant_effect: 'sad vep deltascore variantscore snpeffect',
  reverse_complement: 'rc rcaverage strands bothstrands',
  // Corrections and motifs
  simplex_correction: 'gradientcorrection correction center centre meansubtraction',
  multiply_by_input: 'timesinput project',
  hypothetical: 'hypotheticalcontributions',
  normalise: 'normalize scale',
  patterns: 'modisco tfmodisco cluster',
  match_motifs: 'tomtom motifs',
  // Metrics
  completeness: 'convergencedelta efficiency sumtodelta summationtodelta',
  interpretability: 'auroc auprc auc groundtruth',
  simplex_angle: 'angle',
  rank_agreement: 'spearman correlation rankcorrelation kendall',
  prediction_summary: 'accuracy predictions',
  regression_fit: 'r2 rsquared pearson mae determination',
  discoveries: 'fdr qvalue bh benjaminihochberg',
  model_randomisation:
    'sanitycheck sanitychecks parameterrandomization modelparameterrandomisation cascadingrandomization',
  max_sensitivity: 'sensitivity',
  local_lipschitz: 'lipschitz',
  sparseness: 'gini sparsity',
  complexity: 'entropy',
  faithfulness_correlation: 'faithfulness',
  pgi: 'comprehensiveness',
  pgu: 'sufficiency',
  feature_agreement: 'jaccard topk overlap',
  stability: 'rsd cv seeds',
  error_rates: 'power typei fpr',
  // Exports and views
  bigwig: 'bw',
  bedgraph: 'bdg wig',
  tsv: 'csv table',
  hdf5: 'h5',
  meme: 'jaspar pwm',
  logo: 'seqlogo sequencelogo logomaker',
  // Layers and training
  conv1d: 'conv convolution conv1 convolution1d',
  dense: 'linear fc fullyconnected',
  max_pool: 'maxpool1d maxpooling1d',
  average_pool: 'avgpool avgpool1d averagepooling1d',
  global_average_pool: 'gap globalaveragepooling1d',
  batch_norm: 'batchnorm1d batchnormalization',
  self_attention: 'attention mha multiheadattention transformer',
  swish: 'silu',
  residual: 'skip resblock',
  train: 'fit training',
  plateau: 'reducelronplateau',
  // Parameters
  baseline: 'baselines reference references background',
  steps: 'nsteps npoints points',
  noise: 'sigma stdev stdevs noiselevel std',
  seed: 'randomstate randomseed rng',
  copies: 'n nshuffles nsamples',
  path: 'file filename filepath',
  top: 'k topk',
  rate: 'lr learningrate',
};

/** One form of all ways to write a name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}

/** Words that an entry or a parameter is known by, by its name. */
export const SYNONYMS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(WORDS).map(([name, words]) => [name, words.split(' ')]),
);

const MEANINGS = new Map<string, string[]>();
for (const [name, words] of Object.entries(SYNONYMS))
  for (const word of words) MEANINGS.set(word, [...(MEANINGS.get(word) ?? []), name]);

/** What a name of elsewhere may be called here, in no order. */
export function namesFor(word: string): readonly string[] {
  return MEANINGS.get(plainName(word)) ?? [];
}
