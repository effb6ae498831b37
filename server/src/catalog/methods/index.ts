/** Attribution methods, by family. */
export * from './gradient.js';
export * from './rules.js';
export * from './perturbation.js';
export * from './global.js';
export * from './model-based.js';
export * from './sequences.js';
