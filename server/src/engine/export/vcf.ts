/** Effects of variants as a VCF file, sorted by place, with the numbers in INFO. VCF specification 4.3. */
import type { vcf as specification } from '../../catalog/exports.js';
import { variantOf, type Variant } from '../data/variant.js';
import { Failure } from '../failure.js';
import { EFFECT_FIELDS } from '../methods/sequences/variant-effect.js';
import { metaOf } from '../steps/results.js';
import type { Export } from './export.js';
import { float32Text } from './number-text.js';
import { requireLines, type Cell } from './read-back.js';

/** Keys of INFO, in the order of the fields. */
const KEYS = ['XOME_REF', 'XOME_ALT', 'XOME_EFFECT'];
const MEANINGS = ['Target with the reference allele', 'Target with the alternative allele', 'Effect on the target'];

export const vcf: Export<typeof specification> = async ({ of }, { store, create, path, checkpoint }) => {
  const { title, arrays, rows: count } = await metaOf(store, of);
  const [, axis, ...others] = arrays.find(({ name }) => name === 'array')?.axes ?? [];
  const { rows } = await store.rows(of);
  const placed = rows.map(([name = ''], row) => ({ row, variant: variantOf(name) }));
  const variants = placed.filter((one): one is { row: number; variant: Variant } => one.variant !== undefined);
  if (others.length > 0 || axis?.labels?.join() !== EFFECT_FIELDS.join() || variants.length < count)
    throw new Failure('export/no-variants', 'the result holds no effects of variants', {
      place: title,
      remedy: 'Name an attribution by `variant_effect`.',
    });
  const contigs = [...new Set(variants.map(({ variant }) => variant.chromosome))];
  const rank = new Map(contigs.map((name, at) => [name, at]));
  variants.sort(
    (a, b) =>
      rank.get(a.variant.chromosome)! - rank.get(b.variant.chromosome)! ||
      a.variant.start - b.variant.start ||
      a.row - b.row,
  );
  const description = title.replace(/["\\\r\n]/g, ' ');
  const file = await create(path);
  const head = [
    '##fileformat=VCFv4.3',
    '##source=explainome',
    ...contigs.map(name => `##contig=<ID=${name}>`),
    ...KEYS.map((key, at) => `##INFO=<ID=${key},Number=A,Type=Float,Description="${MEANINGS[at]!}: ${description}">`),
    '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO',
  ];
  await file.write(`${head.join('\n')}\n`);
  const array = await store.array(of);
  const records = async function* (): AsyncGenerator<readonly Cell[]> {
    for (const { row, variant } of variants) {
      await checkpoint();
      const { chromosome, start, reference, alternative } = variant;
      const values = Array.from(await array.read(row, row + 1), float32Text);
      const info = KEYS.map((key, at) => `${key}=${values[at]!}`).join(';');
      yield [chromosome, start + 1, '.', reference, alternative, '.', '.', info];
    }
  };
  for await (const record of records()) await file.write(`${record.join('\t')}\n`);
  file.readBack(written => requireLines(written, records(), head.length));
  return [];
};
