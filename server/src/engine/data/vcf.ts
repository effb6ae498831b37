/**
 * Records of VCF files: plain, gzipped, or in blocks of bgzip, as a stream; of a region alone through the index of tabix
 * beside the file. The VCF specification, version 4.3, https://samtools.github.io/hts-specs/; Li 2011, Bioinformatics 27:718.
 */
import { stat } from 'node:fs/promises';
import { TabixIndexedFile } from '@gmod/tabix';
import { Failure } from '../failure.js';
import { askedRegion, nameAmong, type AskedRegion } from './asked-region.js';
import { linesOf } from './lines.js';
import { BlockFile } from './tabix-files.js';

export interface VcfRecord {
  readonly chromosome: string;
  /** From 1. */
  readonly position: number;
  readonly id: string;
  readonly reference: string;
  /** As they are written: bases, or `*`, `<DEL>`, breakends; none for `.`. */
  readonly alternatives: readonly string[];
  /** `PASS`, `.`, or the filters that it failed. */
  readonly filter: string;
  /** File and line; in a region the place instead. */
  readonly place: string;
}

/** Columns that are read, up to FILTER: behind them is one for each person. */
const COLUMNS = 7;

/**
 * @param region absent: the whole file
 * @throws Failure `data/unreadable`, `data/not-vcf`, `data/vcf`, `data/region`, `data/no-index`, `data/index`
 */
export async function* recordsOf(path: string, region?: string): AsyncGenerator<VcfRecord> {
  if (region !== undefined) {
    yield* recordsWithin(path, askedRegion(region));
    return;
  }
  let version = false;
  for await (const { text, number } of linesOf(path)) {
    if (number === 1) {
      version = text.startsWith('##fileformat=VCF');
      if (!version)
        throw new Failure(
          'data/not-vcf',
          `expected "##fileformat=VCFv4…" in the first line, found "${text.slice(0, 40).replaceAll(/[^ -~]/g, '?')}"`,
          {
            place: path,
            remedy: 'Give a VCF file, plain or compressed; BCF can be turned into one with `bcftools view`.',
          },
        );
    }
    if (text === '' || text.startsWith('#')) continue;
    yield recordOf(text, `${path}, line ${number}`);
  }
  if (!version) throw new Failure('data/not-vcf', 'the file is empty', { place: path, remedy: 'Give a VCF file.' });
}

/** Lengths of chromosomes as the header has them, where it does. */
export async function contigsOf(path: string): Promise<ReadonlyMap<string, number>> {
  const contigs = new Map<string, number>();
  for await (const { text } of linesOf(path)) {
    if (!text.startsWith('##')) break;
    const [, fields = ''] = /^##contig=<(.*)>$/.exec(text) ?? [];
    const [name, length] = ['ID', 'length'].map(key => new RegExp(`(?:^|,)${key}=([^,]+)`).exec(fields)?.[1]);
    if (name !== undefined && length !== undefined && /^\d+$/.test(length)) contigs.set(name, Number(length));
  }
  return contigs;
}

/** @throws Failure `data/vcf` */
function recordOf(text: string, place: string): VcfRecord {
  const [chromosome = '', position = '', id = '.', reference = '', alternative = '', , filter = '.'] = text.split(
    '\t',
    COLUMNS,
  );
  if (
    chromosome === '' ||
    !/^\d{1,10}$/.test(position) ||
    !/^[ACGTRYSWKMBDHVN]+$/i.test(reference) ||
    alternative === ''
  )
    throw new Failure(
      'data/vcf',
      `expected chromosome, position, identifier, REF and ALT, found "${text.slice(0, 80)}"`,
      { place, remedy: 'Columns of VCF are separated by tabs; `bcftools view` checks a file.' },
    );
  return {
    chromosome,
    position: Number(position),
    id,
    reference: reference.toUpperCase(),
    alternatives: alternative === '.' ? [] : alternative.toUpperCase().split(','),
    filter,
    place,
  };
}

async function* recordsWithin(path: string, { chromosome, from, to }: AskedRegion): AsyncGenerator<VcfRecord> {
  const ending = (await isFile(`${path}.tbi`)) ? 'tbi' : (await isFile(`${path}.csi`)) ? 'csi' : undefined;
  if (ending === undefined)
    throw new Failure('data/no-index', 'a region is asked for, and the file has no index of tabix beside it', {
      place: `${path}.tbi`,
      remedy: `Run \`tabix -p vcf\` on ${path}, which must be compressed by bgzip.`,
    });
  const lines: string[] = [];
  try {
    const index = new BlockFile(`${path}.${ending}`, true);
    const filehandle = new BlockFile(path);
    const file = new TabixIndexedFile({
      filehandle,
      ...(ending === 'tbi' ? { tbiFilehandle: index } : { csiFilehandle: index }),
    });
    const known = await file.getReferenceSequenceNames();
    const name = nameAmong(known, chromosome);
    if (name === undefined)
      throw new Failure('data/chromosome', `the file has no variants on "${chromosome}"`, {
        place: path,
        remedy: `It has some on ${known.slice(0, 5).join(', ')}.`,
      });
    await file.getLines(name, from - 1, to, line => lines.push(line.split('\t', COLUMNS).join('\t')));
  } catch (error) {
    if (error instanceof Failure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure('data/index', `the file cannot be read by its index: ${reason}`, {
      place: path,
      remedy: `Compress it with bgzip and run \`tabix -p vcf\` again.`,
    });
  }
  for (const line of lines) yield recordOf(line, `${path}, ${line.split('\t', 2).join(':')}`);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isFile(),
    () => false,
  );
}
