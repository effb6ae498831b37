/**
 * The cohort of `examples/pathways.xome`: 800 people with 133 variants in and around 40 genes of ten pathways, and a trait of which
 * the variants of one pathway explain 60 %. Written as PLINK 1, GFF3 and GMT files.
 */
import { Stream } from '../../../server/src/engine/random/philox.js';

const PEOPLE = 800;
const GENES = 40;
/** bp from one gene to the next, and of a gene. */
const [STEP, SIZE] = [50_000, 10_000];

export const PATHWAYS = [
  ...['Cell cycle', 'DNA repair', 'Apoptosis', 'Autophagy', 'Hemostasis'],
  ...['Signalling by WNT', 'Lipid metabolism', 'Translation', 'Muscle contraction', 'Circadian clock'],
];
/** The one that the trait depends on. */
export const CAUSAL = 'Lipid metabolism';

const symbol = (gene: number): string => `GENE${gene + 1}`;
const startOf = (gene: number): number => 100_000 + gene * STEP;

/** Genes of each pathway: every tenth one; the first gene is in two, and an antisense one lies over the third and is in none. */
export const genesOf = (pathway: number): string[] => [
  ...Array.from({ length: GENES / PATHWAYS.length }, (_, i) => symbol(pathway + i * PATHWAYS.length)),
  ...(pathway === 1 ? [symbol(0)] : []),
];

interface Variant {
  readonly position: number;
  readonly gene?: number;
}

/** Two in each gene, one 500 bp behind it, and some between genes. */
export const VARIANTS: readonly Variant[] = Array.from({ length: GENES }, (_, gene): Variant[] => {
  const start = startOf(gene);
  return [
    ...[start + 2_000, start + 7_000, start + SIZE + 500].map(position => ({ position, gene })),
    ...(gene % 3 === 0 && gene < 39 ? [{ position: start + 30_000 }] : []),
  ];
}).flat();

/** The files by their endings. */
export function cohort(): Readonly<Record<string, Buffer>> {
  const genotypes = VARIANTS.map((_, index) => {
    const stream = new Stream(1, 'pathway cohort', { source: '0', index });
    const frequency = 0.2 + 0.3 * stream.uniform();
    const allele = (): number => Number(stream.uniform() < frequency);
    return Array.from({ length: PEOPLE }, () => allele() + allele());
  });
  return {
    bed: bedOf(genotypes),
    bim: Buffer.from(VARIANTS.map(({ position }, i) => `1\trs${i + 1}\t0\t${position}\tA\tG\n`).join('')),
    fam: Buffer.from(
      traitOf(genotypes)
        .map((trait, i) => `0 p${i + 1} 0 0 0 ${trait.toFixed(4)}\n`)
        .join(''),
    ),
    gff3: Buffer.from(annotation()),
    gmt: Buffer.from(PATHWAYS.map((name, i) => [name, `R-EXM-${i + 1}`, ...genesOf(i)].join('\t') + '\n').join('')),
  };
}

/** √0.6·g + √0.4·e with g the standardised sum of equal effects of random sign. */
function traitOf(genotypes: readonly (readonly number[])[]): number[] {
  const own = new Set(genesOf(PATHWAYS.indexOf(CAUSAL)));
  const draw = new Stream(1, 'pathway trait');
  const effects = VARIANTS.map(({ gene }): number => {
    const sign = draw.uniform() < 0.5 ? -1 : 1;
    return gene !== undefined && own.has(symbol(gene)) ? sign : 0;
  });
  const sums = Array.from({ length: PEOPLE }, (_, person) =>
    effects.reduce((sum, effect, variant) => sum + effect * genotypes[variant]![person]!, 0),
  );
  const mean = sums.reduce((sum, value) => sum + value, 0) / PEOPLE;
  const deviation = Math.sqrt(sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / PEOPLE);
  return sums.map(value => (Math.sqrt(0.6) * (value - mean)) / deviation + Math.sqrt(0.4) * draw.normal());
}

/** PLINK 1, variant by variant, two bits a person: 0 two of the first allele, 2 one, 3 none. */
function bedOf(genotypes: readonly (readonly number[])[]): Buffer {
  const stride = Math.ceil(PEOPLE / 4);
  const bytes = Buffer.alloc(3 + genotypes.length * stride);
  bytes.set([0x6c, 0x1b, 0x01]);
  genotypes.forEach((dosages, variant) =>
    dosages.forEach((dosage, person) => {
      bytes[3 + variant * stride + (person >> 2)]! |= [3, 2, 0][dosage]! << (2 * (person & 3));
    }),
  );
  return bytes;
}

function annotation(): string {
  const line = (name: string, from: number, to: number, strand: string): string =>
    `chr1\texample\tgene\t${from}\t${to}\t.\t${strand}\t.\tID=gene:${name};Name=${name}\n`;
  const genes = Array.from({ length: GENES }, (_, gene) =>
    line(symbol(gene), startOf(gene), startOf(gene) + SIZE, '+'),
  );
  return `##gff-version 3\n${genes.join('')}${line('GENE3-AS1', startOf(2) + 1_000, startOf(2) + 4_000, '-')}`;
}
