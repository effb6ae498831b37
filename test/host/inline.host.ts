/** Results where people look: the Testing view, pictures pinned between the lines, and the sequences of an open FASTA file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { command, line, pressLens, showFile, strips } from './screen.js';
import { inVSCode } from './session.js';
import { unavailable } from './vscode.js';
import { until } from './waiting.js';

const EXPERIMENT = `model  net   = onnx("planted_motifs.onnx", input: dna(100))
target score = logit of net
data   peaks = fasta("peaks.fa")

attribution raw  = saliency of score on peaks
attribution grad = raw | simplex_correction
attribution ism  = in_silico_mutagenesis of score on peaks

attribution ig   = integrated_gradients(baseline: uniform, steps: 2) of score on peaks

metric agree = rank_agreement(top: 10%) of grad, ism
metric gap   = completeness of ig
expect gap.max < 1%
expect agree.median > 99% at 95%
expect agree.min >= 0%
`;

/** Twenty sequences, each with a motif of the network at another place. */
const PEAKS = Array.from({ length: 20 }, (_, at) => {
  const bases = Array.from(
    { length: 100 },
    (_, position) => 'ACGT'[(position * position + 7 * at + position) % 4],
  ).join('');
  return `>peak${at}\n${bases.slice(0, 3 * at)}TGACTCA${bases.slice(3 * at + 7)}\n`;
}).join('');

describe.skipIf(unavailable !== undefined)(`results in VS Code (${unavailable ?? 'code-server'})`, () => {
  let page: Page;
  inVSCode({
    examples: ['planted_motifs.onnx'],
    fill: folder => {
      writeFileSync(join(folder, 'peaks.fa'), PEAKS);
      writeFileSync(join(folder, 'peaks.xome'), EXPERIMENT);
    },
    shown: session => {
      ({ page } = session);
    },
  });

  it('shows expectations as tests before any experiment is opened', async () => {
    // The editor has this view, and its icon, only where an extension has tests.
    await page.getByRole('tab', { name: 'Testing' }).first().waitFor({ timeout: 60_000 });
    await command(page, 'Testing: Focus on Test Explorer View');
    const tests = page.locator('.test-explorer .monaco-list-row');
    const file = tests.filter({ hasText: 'peaks.xome' }).first();
    await file.locator('.monaco-tl-twistie').click({ timeout: 60_000 });
    await tests.filter({ hasText: 'agree.median > 99% at 95%' }).first().waitFor({ timeout: 60_000 });
    expect(await page.locator('.part.editor .tab').count()).toBe(0);
  });

  it('runs them', async () => {
    await command(page, 'Test: Run All Tests');
    await page.locator('.test-explorer .codicon-testing-failed-icon').first().waitFor({ timeout: 120_000 });
    await showFile(page, 'peaks.xome');
    await until('strip', async () => (await strips(page, 'attribution ism')).length === 1, 60_000);
    await page
      .locator('.glyph-margin-widgets .codicon-testing-passed-icon, .glyph-margin-widgets .testing-run-glyph')
      .first()
      .waitFor();
  });

  it('mends what a failed expectation found, and it is met', async () => {
    await page.locator('.squiggly-error').first().waitFor();
    await line(page, 'expect gap.max').click();
    await page.keyboard.press('Control+.');
    await page.locator('.action-widget .monaco-list-row', { hasText: 'find the number' }).first().click();
    await line(page, 'steps: auto').waitFor();
    // The lenses are drawn anew for the changed text: one that goes takes its click along.
    await page.locator('.codelens-decoration a', { hasText: 'from 640 passes' }).first().waitFor();
    await pressLens(page, 'Run all');
    await until(
      'check mark',
      async () => ((await line(page, 'expect gap.max').textContent()) ?? '').includes('✓'),
      60_000,
    );
    // The threshold stands as it was.
    expect(await line(page, 'expect gap.max').textContent()).toMatch(/<\s1%/);
  });

  it('pins a picture between the lines', async () => {
    await line(page, 'attribution ism').hover({ position: { x: 108, y: 9 } });
    const hover = page.locator('.monaco-hover:visible');
    await hover.locator('img').first().waitFor();
    await hover.getByText('Pin between the lines').first().click();
    const pinned = page.locator('.review-widget img').first();
    await pinned.waitFor({ timeout: 30_000 });
    await until('picture', async () => ((await pinned.boundingBox())?.width ?? 0) > 100);
    await page.mouse.move(5, 5);
  });

  it('explains and paints the sequences of a FASTA file', async () => {
    await command(page, 'View: Split Editor Right');
    await showFile(page, 'peaks.fa');
    await line(page, '>peak3').waitFor();
    await line(page, '>peak3').hover({ position: { x: 20, y: 9 } });
    await page.locator('.monaco-hover:visible img').first().waitFor({ timeout: 30_000 });
    await page.keyboard.press('Escape');
    await page.mouse.move(5, 5);
    await command(page, 'Explainome: Paint Nucleotides by Contribution');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'in_silico_mutagenesis' }).first().click();
    await until('paint', async () => (await page.locator('.view-overlays .cdr[class*="ced-"]').count()) > 20);
    expect(await page.locator('.notification-toast').count()).toBe(0);
  });
});
