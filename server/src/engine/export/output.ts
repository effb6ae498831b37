/** Files that come into being whole: written under another name in the same folder, flushed, read back, then renamed. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { writeFully } from '../../store/npy.js';
import { Failure } from '../failure.js';

/** Bytes that are gathered before they go to the disk. */
const GATHERED = 1 << 20;

/** Lets every check read what lies at `temporary`. @throws Failure `export/read-back` where one finds something else */
export async function checkOutput(
  checks: readonly ((path: string) => Promise<void>)[],
  temporary: string,
  path: string,
): Promise<void> {
  try {
    for (const check of checks) await check(temporary);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('export/read-back', `the file does not hold what was to be written: ${error.message}`, {
      place: path,
      remedy: 'Nothing was kept. Check the disk, and write it again.',
    });
  }
}

export class OutputFile {
  private chunks: Uint8Array[] = [];
  private gathered = 0;
  private flushed = 0;
  private readonly checks: ((path: string) => Promise<void>)[] = [];

  private constructor(
    /** Where it will lie. */
    readonly path: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(path: string): Promise<OutputFile> {
    const temporary = `${path}.${randomUUID()}.tmp`;
    return new OutputFile(path, temporary, await open(temporary, 'wx+'));
  }

  /** Bytes written so far. */
  get position(): number {
    return this.flushed + this.gathered;
  }

  /** Appends text or bytes, which are not to be changed afterwards. */
  async write(part: string | Uint8Array): Promise<void> {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    this.chunks.push(bytes);
    this.gathered += bytes.length;
    if (this.gathered >= GATHERED) await this.flush();
  }

  /** Replaces bytes that have been written. */
  async overwrite(position: number, bytes: Uint8Array): Promise<void> {
    await this.flush();
    await writeFully(this.handle, bytes, position);
  }

  /** Has the finished file read back: `check` is given where it lies until then, and throws a Failure where it holds anything else. */
  readBack(check: (path: string) => Promise<void>): void {
    this.checks.push(check);
  }

  /** Flushes to the disk. @returns size in bytes and SHA-256 @throws Failure `export/read-back` */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    await checkOutput(this.checks, this.temporary, this.path);
    const digest = createHash('sha256');
    for await (const chunk of createReadStream(this.temporary)) digest.update(chunk as Buffer);
    return { bytes: this.flushed, sha256: digest.digest('hex') };
  }

  /** Gives a finished file its name. */
  async publish(): Promise<void> {
    await rename(this.temporary, this.path);
  }

  /** Removes what has not been published. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined); // it may be closed already
    await rm(this.temporary, { force: true });
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    this.gathered = 0;
    await writeFully(this.handle, bytes, this.flushed);
    this.flushed += bytes.length;
  }
}
