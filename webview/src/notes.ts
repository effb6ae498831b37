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

/**
 * Notes of declarations, each with the names that it is about: what several say alike, or several members of an ensemble, is said
 * once.
 */
export function notesOf(...declarations: readonly Noted[]): HTMLElement[] {
  const said = new Map<string, { readonly entry: Note; readonly names: Set<string>; readonly members: string[] }>();
  for (const { name, notes } of declarations)
    for (const entry of notes) {
      const [, member, message = entry.message] = /^Member (\d+): ([^]*)$/.exec(entry.message) ?? [];
      const alike = `${entry.code} ${message}`;
      const known = said.get(alike) ?? { entry: { ...entry, message }, names: new Set(), members: [] };
      said.set(alike, known);
      known.names.add(name);
      if (member !== undefined && !known.members.includes(member)) known.members.push(member);
    }
  return [...said.values()].map(({ entry: { level, code, message }, names, members }) => {
    const who = members.length === 0 ? '' : `Member${members.length === 1 ? '' : 's'} ${members.join(', ')}: `;
    return note(level, who + message, `${[...names].join(', ')} · ${code}`);
  });
}
