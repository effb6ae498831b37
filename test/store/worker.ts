/**
 * A process that works on one result of a store, for tests with several processes.
 * Arguments: store folder, key, milliseconds per block, number of blocks. Prints one line per block it computes.
 */
import { ResultStore } from '../../server/src/store/store.js';
import { facts, layout, values } from './fixture.js';

const [folder = '', key = '', pause = '0', blocks = '1'] = process.argv.slice(2);
const store = await ResultStore.open(folder);
const writer = await store.begin(key, layout(Number(blocks)));
if (writer === 'complete') {
  console.log('complete');
} else {
  for (let block = 0; block < Number(blocks); block++) {
    if (writer.finished.has(block)) continue;
    await writer.write('array', 2 * block, values(block));
    await new Promise(resolve => setTimeout(resolve, Number(pause)));
    await writer.finishBlock(block, { block });
    console.log(`block ${block}`);
  }
  await writer.complete(facts);
  console.log('completed');
}
