/**
 * The mean of a method's maps of the model and of the model that reads the reverse complement, both in the coordinates of the
 * sequence. Because the second is a model like any other, references, rules and corrections need not know of strands.
 */
import type { reverse_complement as specification } from '../../../catalog/methods/index.js';
import { batchSize } from '../batch.js';
import { meanOf } from '../ensemble.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';
import { predict } from '../predictions.js';
import { prepareInside } from './inner-maps.js';

export const reverseComplement: Method<typeof specification> = async (context, { method: call }) => {
  const { examples, executor, passed } = context;
  const model = context.model.reverseComplemented();
  const forward = await prepareInside(call, context);
  const outputs = await predict(model, examples, executor, passed);
  const reverse = await prepareInside(call, { ...context, model, outputs });
  // The inputs of a block may be others than those of the examples: under a wrapper that changes them.
  const predictions = reverse.ignoresOutputs ? undefined : await Pass.forward(model, executor);
  return {
    produces: forward.produces,
    ...(forward.unit !== undefined && { unit: forward.unit }),
    arrays: [],
    blockRows: Math.max(Math.floor(forward.blockRows / 2), Math.min(forward.blockRows, batchSize(model))),
    ...(forward.ignoresOutputs && { ignoresOutputs: true }),
    async explain(block) {
      if (predictions) outputs.set(await predictions.run(block.x, passed), block.from);
      const [own, other] = [await forward.explain(block), await reverse.explain(block)];
      return {
        map: meanOf([own.map, other.map]),
        info: [own.info ?? '', other.info ?? ''],
      };
    },
    notes: infos => {
      const of = (which: number) =>
        infos.map(info => (info as (typeof infos)[number][])[which]!).filter(info => info !== '');
      return [
        ...forward.notes(of(0)),
        ...reverse.notes(of(1)).map(note => ({ ...note, message: `On the other strand: ${note.message}` })),
      ];
    },
    release: async () => {
      await forward.release();
      await reverse.release();
      await predictions?.release();
    },
  };
};
