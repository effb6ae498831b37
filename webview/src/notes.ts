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

/** Notes of a declaration, each with the name that it is about. */
export function notesOf({ name, notes }: { name: string; notes: readonly Note[] }): HTMLElement[] {
  return notes.map(entry => note(entry.level, entry.message, `${name} · ${entry.code}`));
}
