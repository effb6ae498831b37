/**
 * A file read by range, in pages where what is asked for lies near what was asked for before, as sorted intervals and variants
 * do: then the system is asked once a page. The pages used last stay.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Failure } from '../failure.js';
import { readRange } from './range.js';
import { openFile } from './source.js';

const PAGE = 1 << 16;
const KEPT = 64;

/** The values that were used last, by number. */
export class LastUsed<Value> {
  private readonly values = new Map<number, Promise<Value>>();

  constructor(
    private readonly most: number,
    private readonly load: (at: number) => Promise<Value>,
  ) {}

  get(at: number): Promise<Value> {
    const known = this.values.get(at);
    this.values.delete(at);
    const value = known ?? this.load(at);
    this.values.set(at, value);
    if (this.values.size > this.most) this.values.delete(this.values.keys().next().value!);
    return value;
  }
}

export class PagedFile {
  private readonly pages: LastUsed<Buffer>;
  /** The page that was asked for before. */
  private before = -Infinity;

  private constructor(
    private readonly file: FileHandle,
    /** Bytes. */
    readonly size: number,
    private readonly cutOff: (what: string) => Failure,
  ) {
    this.pages = new LastUsed(KEPT, page => this.plain(page * PAGE, Math.min(PAGE, size - page * PAGE)));
  }

  /**
   * @param cutOff the failure of a file that ends too soon, given where
   * @throws Failure `data/unreadable`
   */
  static async open(path: string, cutOff: (what: string) => Failure): Promise<PagedFile> {
    const file = await openFile(path);
    const { size } = await file.stat();
    return new PagedFile(file, size, cutOff);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** Bytes `position` … `position + length − 1`, which may lie in a page: they are not to be written to. @throws Failure */
  async read(position: number, length: number): Promise<Buffer> {
    const page = Math.floor(position / PAGE);
    const begin = position - page * PAGE;
    const isNear = Math.abs(page - this.before) <= 1;
    this.before = page;
    if (!isNear || begin + length > PAGE || !(position >= 0 && length >= 0 && position + length <= this.size))
      return this.plain(position, length);
    return (await this.pages.get(page)).subarray(begin, begin + length);
  }

  private plain(position: number, length: number): Promise<Buffer> {
    return readRange(this.file, position, length, this.cutOff, this.size);
  }
}
