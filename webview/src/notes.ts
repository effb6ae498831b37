/** Remarks beside results: what a reader should know, and pictures that cannot be drawn. */
import type { Note } from '../../server/src/protocol.js';
import { element } from './element.js';

export function note(level: Note['level'], message: string, code?: string): HTMLElement {
  return element(
    'div',
    { class: `note ${level}`, role: 'note' },
    level === 'warning' ? element('strong', {}, 'Warning: ') : undefined,
    message,
    code === undefined ? undefined : element('code', {}, ` ${code}`),
  );
}

interface Noted {
  readonly name: string;
  readonly notes: readonly Note[];
}

/** Notes of declarations, each with the names that it is about: what several say alike is said once. */
export function notesOf(...declarations: readonly Noted[]): HTMLElement[] {
  const said = new Map<string, { readonly entry: Note; readonly names: string[] }>();
  for (const { name, notes } of declarations)
    for (const entry of notes) {
      const alike = `${entry.code} ${entry.message}`;
      const known = said.get(alike);
      if (known === undefined) said.set(alike, { entry, names: [name] });
      else known.names.push(name);
    }
  return [...said.values()].map(({ entry, names }) =>
    note(entry.level, entry.message, `${names.join(', ')} · ${entry.code}`),
  );
}
