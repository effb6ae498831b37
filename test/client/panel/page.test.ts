import { expect, test } from 'vitest';
import { panelPage } from '../../../client/src/panel/page.js';

const page = panelPage({
  source: 'https://file+.vscode-resource.vscode-cdn.net',
  nonce: 'bm9uY2U=',
  script: 'https://file+.vscode-resource.vscode-cdn.net/dist/webview/panel.js',
});

test('the policy lets in nothing by default, scripts by nonce only, and nothing unsafe', () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.split('; ');
  expect(policy).toContain(`default-src 'none'`);
  expect(policy).toContain(`script-src 'nonce-bm9uY2U='`);
  expect(page).not.toContain('unsafe-');
});

test('the one thing that the page loads carries the nonce', () => {
  const loaded = page.match(/<(script|link)[^>]*>/g) ?? [];
  expect(loaded).toHaveLength(1);
  for (const tag of loaded) expect(tag).toContain('nonce="bm9uY2U="');
});
