/** Measurements that decide whether an attribution can be believed, by what they need to know. */
export * from './maps.js';
export * from './cohorts.js';
export * from './classifiers.js';
export * from './comparisons.js';
