/**
 * Throughput of the readers on files that are made on the spot, in processor time of one thread (medians of five), beside the
 * field's tools where they are installed (Debian: samtools, bcftools, bedtools, plink1.9, plink2, tabix, python3-py2bit, -h5py,
 * -scipy, -pandas, -zarr).
 */
import { cohorts } from './readers/cohorts.js';
import { sequences } from './readers/sequences.js';
import { tables } from './readers/tables.js';
import { measure } from './readers/workshop.js';

console.log(`| reader${' '.repeat(50)} | ours${' '.repeat(20)} | beside |`);
for (const readers of [sequences, cohorts, tables]) for (const reader of await readers()) await measure(reader);
