/** What package.json promises the editor is what the extension does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { ExtensionContext } from 'vscode';
import { registerCommands } from '../../client/src/commands.js';
import { registerFileCommands } from '../../client/src/file-commands.js';
import { DataFiles } from '../../client/src/data-files.js';
import type { Pins } from '../../client/src/pins.js';
import type { PanelActions, ResultsPanel } from '../../client/src/panel/panel.js';
import type { Server } from '../../client/src/server.js';
import type { Views } from '../../client/src/views.js';

/** The little of the editor that commands touch. */
const { editor, FakeUri } = vi.hoisted(() => {
  class FakeUri {
    constructor(private readonly text: string) {}
    static parse = (text: string): FakeUri => new FakeUri(text);
    toString = (): string => this.text;
  }
  const editor = { commands: new Map<string, (...operands: unknown[]) => unknown>(), said: [] as string[] };
  return { editor, FakeUri };
});
vi.mock('vscode', () => ({
  Uri: FakeUri,
  EventEmitter: class {
    event = undefined;
  },
  commands: {
    registerCommand: (id: string, act: (...operands: unknown[]) => unknown) => editor.commands.set(id, act),
  },
  window: {
    showInformationMessage: (text: string) => void editor.said.push(text),
    createTextEditorDecorationType: () => undefined,
    onDidChangeVisibleTextEditors: () => undefined,
    onDidChangeTextEditorVisibleRanges: () => undefined,
  },
  workspace: { textDocuments: [] },
  languages: { registerHoverProvider: () => undefined },
}));

const PROJECT = join(import.meta.dirname, '../..');
const manifest = z
  .object({
    contributes: z.object({
      commands: z.array(z.object({ command: z.string() })),
      configuration: z.object({ properties: z.record(z.string(), z.object({ markdownDescription: z.string() })) }),
      keybindings: z.array(z.object({ command: z.string() })),
      walkthroughs: z.array(
        z.object({
          steps: z.array(
            z.object({
              description: z.string(),
              media: z.object({ image: z.string() }),
              completionEvents: z.array(z.string()),
            }),
          ),
        }),
      ),
      menus: z.record(z.string(), z.array(z.object({ command: z.string() }))),
    }),
    capabilities: z.object({
      untrustedWorkspaces: z.object({ supported: z.string(), restrictedConfigurations: z.array(z.string()) }),
    }),
  })
  .parse(JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')));

const done: unknown[][] = [];
beforeEach(() => {
  done.length = 0;
  editor.said.length = 0;
  editor.commands.clear();
  const views = { watched: undefined, lastActive: undefined, onDidChange: () => undefined } as unknown as Views;
  const note = (what: string) => (uri: unknown, more?: unknown) => void done.push([what, String(uri), more]);
  registerCommands(
    // Only what the commands use; the rest of these classes is the editor's.
    { restart: note('restart') } as unknown as Server,
    views,
    { show: note('show'), compare: note('compare') } as unknown as ResultsPanel,
    { run: note('run'), cancel: note('cancel'), report: note('report') } satisfies PanelActions,
    { toggle: note('pin') } as unknown as Pins,
  );
  new DataFiles({} as unknown as Server, views);
  registerFileCommands({} as ExtensionContext);
});

test('the commands of the manifest are the commands that exist', () => {
  const { commands, keybindings, menus } = manifest.contributes;
  const ids = commands.map(({ command }) => command);
  expect([...editor.commands.keys()].sort()).toEqual([...ids].sort());
  for (const { command } of [...keybindings, ...Object.values(menus).flat()]) expect(ids).toContain(command);
});

test('every step of the walkthrough has its picture, and names commands that exist', () => {
  const steps = manifest.contributes.walkthroughs.flatMap(walkthrough => walkthrough.steps);
  expect(steps.length).toBeGreaterThan(3);
  for (const { description, media, completionEvents } of steps) {
    expect(existsSync(join(PROJECT, media.image)), media.image).toBe(true);
    const named = [
      ...description.matchAll(/command:([\w.]+)/g),
      ...completionEvents.join().matchAll(/onCommand:([\w.]+)/g),
    ];
    for (const [, command] of named) expect(editor.commands.keys()).toContain(command);
  }
});

test('code lenses name document and declaration, title buttons the document alone', () => {
  editor.commands.get('explainome.run')?.('file:///a.xome', 'ig');
  editor.commands.get('explainome.run')?.(new FakeUri('file:///a.xome'), { groupId: 0 });
  editor.commands.get('explainome.show')?.('file:///a.xome', 'gap');
  expect(done).toEqual([
    ['run', 'file:///a.xome', ['ig']],
    ['run', 'file:///a.xome', undefined],
    ['show', 'file:///a.xome', 'gap'],
  ]);
});

test('without an experiment a command says what it needs', async () => {
  await editor.commands.get('explainome.runAll')?.();
  expect(done).toEqual([]);
  expect(editor.said.join()).toContain('.xome');
});

test('settings that the client reads are documented, and a workspace cannot choose the engine’s program unasked', () => {
  const sources = readdirSync(join(PROJECT, 'client/src')).filter(name => name.endsWith('.ts'));
  const text = sources.map(name => readFileSync(join(PROJECT, 'client/src', name), 'utf8')).join('\n');
  const read = [...text.matchAll(/\.get(?:<[^>]*>)?\('([a-z]+(?:\.[a-z]+)?)'/g)].map(
    ([, name = '']) => `explainome.${name}`,
  );
  expect([...new Set(read)].sort()).toEqual(Object.keys(manifest.contributes.configuration.properties).sort());
  expect(manifest.capabilities.untrustedWorkspaces).toMatchObject({
    supported: 'limited',
    restrictedConfigurations: ['explainome.engine.node'],
  });
});
