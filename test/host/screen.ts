/** What a person sees of the extension on the screen of a workbench, and does there. */
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';

/** Presses a code lens, the first whose text contains `title`. */
export async function pressLens(page: Page, title: string): Promise<void> {
  const lens = page.locator('.codelens-decoration a', { hasText: title }).first();
  await lens.waitFor({ timeout: 60_000 });
  await lens.click();
}

/** Waits for the end of a run that was started. */
export async function runEnded(page: Page, timeout = 120_000): Promise<void> {
  const cancel = page.locator('.codelens-decoration a', { hasText: 'Cancel' }).first();
  await cancel.waitFor({ timeout: 30_000 });
  await cancel.waitFor({ state: 'detached', timeout });
}

/** Runs a command by its title in the palette. */
export async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget .input').first().fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Opens a file of the workspace by its name, as by a quick search. */
export async function showFile(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+P');
  await page.locator('.quick-input-widget .input').first().fill(name);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
  await page.locator('.tab.active', { hasText: name }).first().waitFor();
}

/** The visible line of the editor that contains `text`. */
export function line(page: Page, text: string): Locator {
  // Spaces in the editor's lines are no-break spaces.
  return page.locator('.view-line', { hasText: new RegExp(escape(text).replaceAll(' ', '[\\s\\u00a0]')) }).first();
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Images after the text of this line, as data addresses: heatmap strips. */
export function strips(page: Page, text: string): Promise<string[]> {
  return line(page, text).evaluate(element =>
    [...element.querySelectorAll('*')]
      .map(part => getComputedStyle(part, '::after').content)
      .filter(content => content.startsWith('url("data:image/svg')),
  );
}

/** Everything that decorations write after this line. */
export function notes(page: Page, text: string): Promise<string> {
  return line(page, text).evaluate(element =>
    [...element.querySelectorAll('*')].map(part => getComputedStyle(part, '::after').content).join(' '),
  );
}

/** The page inside the panel. */
export function panel(page: Page): FrameLocator {
  return page.locator('iframe.webview.ready').last().contentFrame().frameLocator('iframe#active-frame');
}

/** How many colours the pixels of an element on the screen have. One is an empty picture, a few are only text's shades. */
export async function colours(browser: Browser, element: Locator): Promise<number> {
  const picture = (await element.screenshot()).toString('base64');
  const page = await browser.newPage();
  try {
    return await page.evaluate(async address => {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      if (context === null) return 0;
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }, `data:image/png;base64,${picture}`);
  } finally {
    await page.close();
  }
}
