/**
 * The catalog as a read-only document of the language itself: one `catalog <category> <name>` line for every name, so
 * that callees are ordinary cross-references and hover, definition and completion come for free.
 */
import { CATALOG, KEYWORDS } from '../catalog/index.js';
import { URI } from 'langium';
import { signatureOf } from './markdown.js';

/** Address of the library document; the scheme has no file system behind it, so editors open it read-only. */
export const CATALOG_URI = URI.parse('xome-catalog:/catalog.xome');

/**
 * Text of the library document. Every name stands once, under the first category that has it; the entry that a use
 * means follows from its place. Words that are values of a parameter and nothing else are `keyword` lines.
 */
export function catalogText(): string {
  const names = new Set<string>();
  const lines = ['// Everything that an experiment can call. Generated from the catalog; changes have no effect.', ''];
  for (const entry of CATALOG) {
    if (names.has(entry.name)) continue;
    names.add(entry.name);
    lines.push(`/// ${signatureOf(entry)}`, `/// ${entry.summary}`, `catalog ${entry.category} ${entry.name}`, '');
  }
  const words = KEYWORDS.filter(word => !names.has(word));
  lines.push('// Words that are values of parameters.', ...words.map(word => `catalog keyword ${word}`), '');
  return lines.join('\n');
}
