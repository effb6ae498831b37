/** Reads what the report carries in its data blocks: the snapshot as JSON, the arrays as base64. */
import * as z from 'zod';
import { Snapshot } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';

/** @throws Error when the document has no snapshot or one that this version cannot read */
export function embeddedSnapshot(source: Document): Snapshot {
  const block = source.getElementById('snapshot');
  if (!block) throw new Error('This file has no snapshot of results. Write the report again.');
  const read = Snapshot.safeParse(JSON.parse(block.textContent));
  if (read.success) return read.data;
  throw new Error(`The snapshot in this file cannot be read. Write the report again.\n${z.prettifyError(read.error)}`);
}

/** Every array of the document by name. */
export function embeddedArrays(source: Document): Arrays {
  return new Map(
    [...source.querySelectorAll<HTMLScriptElement>('script[data-array]')].map(block => {
      const text = atob(block.textContent.trim());
      const bytes = new Uint8Array(text.length);
      for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index);
      return [
        block.dataset['array'] ?? '',
        block.dataset['type'] === 'uint8' ? bytes : new Float32Array(bytes.buffer),
      ] as const;
    }),
  );
}
