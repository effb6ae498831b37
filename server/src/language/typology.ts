/**
 * docs/typology.md: the methods by their place among interpretable machine learning (Watson 2022, Human Genetics 141:1499),
 * written from the catalog.
 */
import { entriesOf, type MethodEntry, type Typology } from '../catalog/index.js';

const SCOPES: readonly (readonly [Typology['scope'], string])[] = [
  ['local', 'Explanations of single examples'],
  ['global', 'Explanations of the data as a whole'],
];

/** The text of the page. */
export function typologyText(): string {
  const methods = entriesOf('method');
  return [
    '# Typology of the methods',
    'Where each method stands: whether it explains a trained network or is a model itself (post hoc, intrinsic), whether it needs the network’s graph or only its predictions (specific, agnostic), whether it speaks of one example or of the data (local, global), what form its answer has, what has to hold for it, and what bounds its error. The axes are those of Watson 2022, *Interpretable machine learning for genomics*, Human Genetics 141:1499. Generated from the catalog by `UPDATE=1 npx vitest run test/language/reference`; changes by hand are lost.',
    `${methods.length} methods; ${methods.filter(isUncontrolled).length} of them have nothing that bounds their error.`,
    ...SCOPES.flatMap(([scope, title]) => [
      `## ${title}`,
      table(methods.filter(({ typology }) => typology.scope === scope)),
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}

const isUncontrolled = ({ typology }: MethodEntry): boolean => typology.errorControl === 'none';

function table(methods: readonly MethodEntry[]): string {
  const rows = methods.map(({ name, produces, alphabets, typology: { stage, model, assumptions, errorControl } }) => [
    `[\`${name}\`](reference.md#${name})`,
    `${stage}, ${model}`,
    produces === 'same' ? 'that of its method' : produces,
    alphabets?.join(', ') ?? 'all',
    assumptions,
    errorControl,
  ]);
  const head = ['method', 'stage, model', 'answer', 'inputs', 'assumes', 'error control'];
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
