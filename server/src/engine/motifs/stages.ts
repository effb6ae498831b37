/** The stages of motif discovery by their catalog names. */
import type * as specifications from '../../catalog/motifs.js';
import { annotateMotifs } from './annotate-motifs.js';
import { clusterSeqlets } from './cluster-seqlets.js';
import { cutSeqlets } from './cut-seqlets.js';
import type { MotifStage } from './stage.js';

export const MOTIF_STAGES: {
  readonly [Name in keyof typeof specifications]: MotifStage<(typeof specifications)[Name]>;
} = {
  seqlets: cutSeqlets,
  patterns: clusterSeqlets,
  match_motifs: annotateMotifs,
};
