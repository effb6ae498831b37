/** Folders that count as one file, as Zarr stores are: the files in one, and the hash that stands for their names and contents. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Files at any depth, relative to the folder, in one order everywhere. Links to folders are not followed. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Size of all files, and SHA-256 of their names and contents as hexadecimal digits. @throws when one cannot be read */
export async function contentOfFolder(folder: string): Promise<{ bytes: number; sha256: string }> {
  const digest = createHash('sha256');
  let bytes = 0;
  for (const file of await filesIn(folder)) {
    const own = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, file))) {
      own.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    digest.update(JSON.stringify([file, own.digest('hex')]));
  }
  return { bytes, sha256: digest.digest('hex') };
}
