/** Measurements that decide whether an attribution can be believed, by what they need to know. */
export * from './maps.js';
export * from './cohorts.js';
export * from './classifiers.js';
export * from './comparisons.js';
export * from './structure.js';
export * from './faithfulness.js';
export * from './robustness.js';
export * from './discoveries.js';
export * from './motifs.js';
export * from './explanations.js';
export * from './limits.js';
