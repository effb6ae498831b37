/** The page on the protocol names every message, under its direction, and no other. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  EDITOR_NOTIFICATIONS,
  EDITOR_REQUESTS,
  EngineMessage,
  EngineRequest,
  FromPanel,
  ToPanel,
} from '../server/src/protocol.js';

const page = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');

const documented = (heading: string): string[] => {
  const [section = ''] = page.split(`## ${heading}\n`)[1]!.split('\n## ');
  return [...section.matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name!);
};

it.each([
  ['To the engine', EngineRequest.options.map(({ shape }) => shape.type.value)],
  ['From the engine', EngineMessage.options.map(({ shape }) => shape.type.value)],
  [
    'Requests of the editor',
    [...Object.values(EDITOR_REQUESTS), ...Object.values(EDITOR_NOTIFICATIONS)].map(({ method }) => method),
  ],
  ['To the panel', ToPanel.options.map(({ shape }) => shape.type.value)],
  ['From the panel', FromPanel.options.map(({ shape }) => shape.type.value)],
])('%s', (heading, messages) => {
  expect(documented(heading)).toEqual(messages);
});
