/** Folders that come into being whole: written under another name beside it, flushed, read back, then renamed. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { contentOfFolder } from '../../store/folder.js';
import { checkOutput } from './output.js';

export class OutputFolder {
  private readonly checks: ((path: string) => Promise<void>)[] = [];

  private constructor(
    /** Where it will lie. */
    readonly path: string,
    private readonly temporary: string,
  ) {}

  static async create(path: string): Promise<OutputFolder> {
    const temporary = `${path}.${randomUUID()}.tmp`;
    await mkdir(temporary);
    return new OutputFolder(path, temporary);
  }

  /** Writes a file, `group/name`; `parts` come in turn and are not held. */
  async add(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.temporary, name);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'wx');
    try {
      for await (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Has the finished folder read back, as a file is. */
  readBack(check: (path: string) => Promise<void>): void {
    this.checks.push(check);
  }

  /** @returns size in bytes and hash of the content @throws Failure `export/read-back` */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    await checkOutput(this.checks, this.temporary, this.path);
    return contentOfFolder(this.temporary);
  }

  /** Gives a finished folder its name, in the place of one that has it. */
  async publish(): Promise<void> {
    const former = `${this.temporary}.former`;
    const isThere = await rename(this.path, former).then(
      () => true,
      () => false,
    );
    try {
      await rename(this.temporary, this.path);
    } catch (error) {
      if (isThere) await rename(former, this.path);
      throw error;
    }
    if (isThere) await rm(former, { recursive: true });
  }

  /** Removes what has not been published. */
  async discard(): Promise<void> {
    await rm(this.temporary, { recursive: true, force: true });
  }
}
