/** Ensembles by the command line: the same bytes whatever runs beside, and an orderly end. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arrayFiles, buildXome, declaration, Desk, removeXome } from './xome.js';

const TIMEOUT = 180_000;

const experiment = (epochs: number): string => `
data motif = simulate_motifs(["TGACTCA"], sequences: 400, length: 30, seed: 1)
network small = layers([conv1d(8, 7, padding: same), batch_norm, relu, dropout(20%), global_max_pool, dense(1), sigmoid])
ensemble nets = train(small, members: 4, epochs: ${epochs}, batch: 32, bootstrap: true, seed: 3) on motif
target score = logit of nets
attribution map = saliency of score on motif
`;

beforeAll(buildXome, TIMEOUT);
afterAll(removeXome);

it('networks are the same trained one after another or side by side', { timeout: TIMEOUT }, async () => {
  const found = [];
  for (const threads of ['1', '3']) {
    const desk = await Desk.create(experiment(3));
    const document = await desk.run({ more: ['--threads', threads] });
    expect(declaration(document, 'map').status).toBe('computed');
    found.push(await arrayFiles(document, 'nets'));
    await desk.remove();
  }
  const [first, second] = found;
  expect([...first!.keys()].sort()).toEqual(['array', 'weights']);
  for (const [name, bytes] of first!) expect(bytes.equals(second!.get(name)!), name).toBe(true);
});

it('end within a second of Ctrl-C', { timeout: TIMEOUT }, async () => {
  const desk = await Desk.create(experiment(100_000));
  const running = desk.start('run', 'a.xome', '--threads', '2');
  await expect.poll(() => running.engine(), { timeout: 60_000 }).toBeGreaterThan(0);
  await new Promise(resolve => setTimeout(resolve, 3000));
  const at = performance.now();
  running.interrupt();
  const { code, err } = await running.ended;
  // One second of grace, and time for three processes to end on a busy machine.
  expect(performance.now() - at).toBeLessThan(3000);
  expect(code).toBe(130);
  expect(err).toContain('nets: train on motif, network 2 …');
  expect(err).not.toContain('network 3 …');
  await desk.remove();
});
