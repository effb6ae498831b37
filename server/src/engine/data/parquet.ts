/**
 * Tables in Parquet files, column by column and row group by row group: the footer is read when a file is opened, then one column
 * chunk at a time. `hyparquet` decodes pages; what their headers claim is compared with the footer before it does.
 * Source: https://parquet.apache.org/docs/file-format/.
 */
import type { FileHandle } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { parquetMetadataAsync, parquetSchema, snappyUncompress, type FileMetaData, type SchemaTree } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors';
import { Failure } from '../failure.js';
import { checkLevels, checkPage } from './parquet-runs.js';
import { readRange } from './range.js';
import { firstBytes, openFile } from './source.js';
import { MOST_INFLATED } from './zip-file.js';
import { checkFrame } from './zstd.js';

export type Cell = number | string | undefined;

const MAGIC = 'PAR1';
/** Rows of a group: writers make a million at most. More than that take some place in the file, however alike they are. */
const MOST_ROWS = 2 ** 24;
const MOST_UNWRITTEN_ROWS = 2 ** 20;
const ROWS_OF_BYTE = 64;
/** Bytes of a page, unpacked. */
const LARGEST_PAGE = 2 ** 28;

/** Each is told how many bytes it makes. */
const COMPRESSORS = {
  GZIP: (bytes: Uint8Array, length: number): Uint8Array => gunzipSync(bytes, { maxOutputLength: length }),
  BROTLI: (bytes: Uint8Array, length: number): Uint8Array => brotliDecompressSync(bytes, { maxOutputLength: length }),
  ZSTD: (bytes: Uint8Array, length: number): Uint8Array => {
    checkFrame(bytes);
    return decompress(bytes, new Uint8Array(length));
  },
  SNAPPY: (bytes: Uint8Array, length: number): Uint8Array => {
    const page = new Uint8Array(length);
    snappyUncompress(bytes, page);
    return page;
  },
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

type Decompress = (bytes: Uint8Array, length: number) => Uint8Array;

/** The decompressors, what they give being checked. */
function checking(check: (page: Uint8Array) => void): Readonly<Record<string, Decompress>> {
  const checked =
    (unpack: Decompress): Decompress =>
    (bytes, length) => {
      const page = unpack(bytes, length);
      check(page);
      return page;
    };
  return Object.fromEntries(Object.entries(COMPRESSORS).map(([name, unpack]) => [name, checked(unpack)]));
}

/** Bytes of the levels in front of a page of the second version. */
const levelsOf = (page: NonNullable<ReturnType<typeof parquetHeader>['data_page_header_v2']>): number =>
  page.repetition_levels_byte_length + page.definition_levels_byte_length;

/** To how many bytes one can unpack: by the longest copies of each format, blocks of one byte for Zstandard and Brotli. */
const MOST_OF_BYTE: Readonly<Record<string, number>> = {
  UNCOMPRESSED: 1,
  SNAPPY: 64,
  GZIP: MOST_INFLATED,
  LZ4: 256,
  LZ4_RAW: 256,
};
const MOST_OF_OTHER = 2 ** 15;

/** Whether a file begins like a Parquet file. @throws Failure `data/unreadable` */
export async function isParquet(path: string): Promise<boolean> {
  return (await firstBytes(path)).toString('latin1', 0, MAGIC.length) === MAGIC;
}

/** Opens a file for the time of `use`. @throws Failure `data/unreadable`, `data/damaged-parquet` */
export async function withParquet<Result>(
  path: string,
  use: (table: ParquetTable) => Promise<Result>,
): Promise<Result> {
  const file = await openFile(path);
  try {
    return await use(await ParquetTable.open(file, path));
  } finally {
    await file.close();
  }
}

const damaged = (path: string, found: string): Failure =>
  new Failure('data/damaged-parquet', `the file is damaged, cut off or encrypted: ${found.slice(0, 200)}`, {
    place: path,
    remedy: 'Copy or write the file again.',
  });

/** What the library throws is about the file. */
async function about<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
}

export class ParquetTable {
  private constructor(
    private readonly file: FileHandle,
    readonly path: string,
    private readonly metadata: FileMetaData,
    private readonly tree: SchemaTree,
    /** Rows of each group. */
    readonly groups: readonly number[],
  ) {}

  static async open(file: FileHandle, path: string): Promise<ParquetTable> {
    const { size } = await file.stat();
    const slice = (from: number, to = size): Promise<ArrayBuffer> => bytesAt(file, path, from, to);
    const { metadata, tree, groups } = await about(path, async () => {
      const metadata = await parquetMetadataAsync({ byteLength: size, slice }, { geoparquet: false });
      return {
        metadata,
        tree: parquetSchema(metadata),
        groups: metadata.row_groups.map(({ num_rows: rows }) => Number(rows)),
      };
    });
    const most = Math.min(MOST_ROWS, Math.max(MOST_UNWRITTEN_ROWS, ROWS_OF_BYTE * size));
    const wrong = groups.find(rows => !(Number.isSafeInteger(rows) && rows >= 0 && rows <= most));
    if (wrong !== undefined) throw damaged(path, `a group of ${wrong} rows, at most ${most} are read of ${size} bytes`);
    return new ParquetTable(file, path, metadata, tree, groups);
  }

  /** Names of the columns, nested ones included. */
  get names(): string[] {
    return this.tree.children.map(({ element }) => element.name);
  }

  get rows(): number {
    return this.groups.reduce((sum, rows) => sum + rows, 0);
  }

  /** @throws Failure `data/parquet-type` for a column that holds neither numbers nor text */
  requireCells(column: number): void {
    const found = kindOf(this.tree.children[column]!);
    if (found !== undefined)
      throw new Failure(
        'data/parquet-type',
        `the column "${this.names[column]}" holds ${found}, expected numbers or text`,
        {
          place: this.path,
          remedy: 'Leave it out with `skip`, or write it as a column of its own for each number.',
        },
      );
  }

  /** The cells of one column in one group; undefined where there is none. @throws Failure */
  async cells(group: number, column: number): Promise<Cell[]> {
    this.requireCells(column);
    const node = this.tree.children[column]!;
    const rows = this.groups[group]!;
    const cells = await about(this.path, () => this.decoded(group, node, rows));
    if (cells.length !== rows)
      throw damaged(this.path, `the column "${node.element.name}" has ${cells.length} of ${rows} rows`);
    return cells.map(cellOf);
  }

  private async decoded(group: number, node: SchemaTree, rows: number): Promise<unknown[]> {
    const chunk = this.metadata.row_groups[group]!.columns.find(
      ({ meta_data: found }) => found?.path_in_schema[0] === node.element.name,
    );
    const about = chunk?.meta_data;
    if (about === undefined) throw new Error(`the column "${node.element.name}" has no data`);
    const begin = Number(about.dictionary_page_offset ?? about.data_page_offset);
    const bytes = await bytesAt(this.file, this.path, begin, begin + Number(about.total_compressed_size));
    const decoder = {
      ...about,
      pathInSchema: about.path_in_schema,
      element: node.element,
      schemaPath: [this.tree, node],
    };
    const settings = { ...decoder, parsers: DEFAULT_PARSERS };
    const isOptional = node.element.repetition_type === 'OPTIONAL';
    const reader = { view: new DataView(bytes), offset: 0 };
    const cells: unknown[] = [];
    let dictionary: ReturnType<typeof convert> | undefined;
    while (cells.length < rows && reader.offset < bytes.byteLength) {
      const header = parquetHeader(reader);
      const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: distinct } = header;
      const values = first?.num_values ?? second?.num_values ?? distinct?.num_values;
      const most = distinct === undefined ? rows - cells.length : rows;
      if (values === undefined || !(values >= 0 && values <= most))
        throw new Error(`a page of ${values} values, ${most} are left`);
      if (second !== undefined && !(second.num_nulls >= 0 && second.num_nulls <= values))
        throw new Error(`a page of ${values} values, ${second.num_nulls} of them missing`);
      const { uncompressed_page_size: size, compressed_page_size: packed } = header;
      const largest = 64 + packed * (MOST_OF_BYTE[decoder.codec] ?? MOST_OF_OTHER);
      if (!(size >= 0 && size <= Math.min(largest, LARGEST_PAGE)))
        throw new Error(`a page of ${packed} bytes that unpacks to ${size}`);
      const compressors = checking(page => {
        checkPage(page, header, isOptional, node.element.type);
      });
      const raw = new Uint8Array(bytes, reader.offset, packed);
      checkLevels(raw, header, isOptional);
      if (decoder.codec === 'UNCOMPRESSED' || second?.is_compressed === false)
        checkPage(second === undefined ? raw : raw.subarray(levelsOf(second)), header, isOptional, node.element.type);
      const { data = [] } = readPage(reader, header, { ...settings, compressors }, dictionary, undefined, 0);
      if (distinct !== undefined) dictionary = convert(data, settings);
      else for (let at = 0; at < data.length; at++) cells.push(data[at]);
    }
    return cells;
  }
}

async function bytesAt(file: FileHandle, path: string, from: number, to: number): Promise<ArrayBuffer> {
  const bytes = await readRange(file, from, to - from, found => damaged(path, found));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

const TIMES = new Set([
  'DATE',
  'TIME_MILLIS',
  'TIME_MICROS',
  'TIMESTAMP_MILLIS',
  'TIMESTAMP_MICROS',
  'INTERVAL',
  'TIME',
  'TIMESTAMP',
]);
const TEXTS = new Set(['UTF8', 'ENUM', 'STRING']);

/** What a column holds, unless it is numbers or text. */
function kindOf({ element, children }: SchemaTree): string | undefined {
  const meaning = element.logical_type?.type ?? element.converted_type;
  if (children.length > 0)
    return `nested columns (${children
      .map(child => child.element.name)
      .join(', ')
      .slice(0, 80)})`;
  if (element.repetition_type === 'REPEATED') return 'lists';
  if (element.type === 'INT96' || (meaning !== undefined && TIMES.has(meaning))) return 'times';
  if (element.type === 'BYTE_ARRAY' && meaning !== 'DECIMAL' && !(meaning !== undefined && TEXTS.has(meaning)))
    return meaning === undefined ? 'bytes' : meaning;
  if (element.type === 'FIXED_LEN_BYTE_ARRAY' && meaning !== 'DECIMAL' && meaning !== 'FLOAT16') return 'bytes';
  return undefined;
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'bigint') return undefined;
  // Long identifiers stay as they are written.
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
