import { expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import { selfTest } from '../../server/src/engine/self-test.js';

it('passes here, and says which runtime it has tested', async () => {
  expect(await selfTest()).toEqual({ onnxruntime: ort.env.versions.common });
});
