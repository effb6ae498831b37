/**
 * A map and its sequences as TF-MoDISco reads them: one array `arr_0` [example, base, position] each, and the examples that
 * were kept as BED. Layout: tfmodisco-lite, https://github.com/jmschrei/tfmodisco-lite; BED: UCSC Genome Browser.
 */
import type { npz as specification } from '../../catalog/exports.js';
import { encodeHeader } from '../../store/npy.js';
import type { Export } from './export.js';
import { KeptSequences } from './kept-sequences.js';
import { requireNpz } from './read-back.js';
import { ZipWriter } from './zip.js';

export const npz: Export<typeof specification> = async ({ of }, context) => {
  const kept = await KeptSequences.open(of, context);
  const base = context.path.replace(/\.npz$/i, '');
  const write = async (to: string, change: Parameters<KeptSequences['turned']>[0]): Promise<void> => {
    const file = await context.create(to);
    const zip = new ZipWriter(file);
    await zip.add('arr_0.npy', bytesOf(kept, change));
    await zip.finish();
    file.readBack(path => requireNpz(path, kept.shape, kept.turned(change)));
  };
  await write(context.path, map => map);
  await write(`${base}.sequences.npz`, (_, sequence) => sequence);
  return kept.writeRegions(`${base}.bed`, context);
};

/** The bytes of a `.npy` file. */
async function* bytesOf(
  kept: KeptSequences,
  change: Parameters<KeptSequences['turned']>[0],
): AsyncGenerator<Uint8Array> {
  yield encodeHeader('float32', kept.shape);
  for await (const row of kept.turned(change)) yield new Uint8Array(row.buffer);
}
