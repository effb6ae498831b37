/** The problem matchers of the manifest read what the command line prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { printDiagnostics } from '../../server/src/cli/context.js';
import { printProblem } from '../../server/src/cli/terminal.js';

const pattern = z.object({ regexp: z.string() });
const { contributes } = z
  .object({
    contributes: z.object({
      problemPatterns: z.array(pattern.extend({ name: z.string() })),
      problemMatchers: z.array(
        z.object({ name: z.string(), pattern: z.union([z.string(), z.array(pattern.loose())]) }),
      ),
    }),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')));

const [finding] = contributes.problemPatterns;
const expected = contributes.problemMatchers.find(({ name }) => name === 'xome-expect')?.pattern;

let printed = '';
const terminal = {
  out: { write: () => undefined },
  err: { write: (text: string) => (printed += text) },
  environment: { NO_COLOR: '1' },
};

function lines(print: () => void): string[] {
  printed = '';
  print();
  return printed.trimEnd().split('\n');
}

test('findings, with and without a column', () => {
  const at = (line: number, character: number) => ({ line, character });
  const context = {
    terminal,
    scripts: { engine: '', server: '', report: '' },
    signal: new AbortController().signal,
    folder: '/w',
    version: '',
  };
  const [first = ''] = lines(() =>
    printDiagnostics(
      [
        {
          file: '/w/sub/a.xome',
          range: { start: at(6, 2), end: at(6, 5) },
          severity: 'warning',
          code: 'GA006',
          message: 'All zeros [and more] is no sequence.',
          remedy: 'Shuffle.',
        },
      ],
      context,
    ),
  );
  const found = new RegExp(finding!.regexp).exec(first);
  expect(found?.slice(1)).toEqual(['sub/a.xome', '7', '3', 'warning', 'All zeros [and more] is no sequence.', 'GA006']);
  const [failed = ''] = lines(() =>
    printProblem({ code: 'model/shape', message: 'It is too long.' }, terminal, 'a.xome:4'),
  );
  expect(new RegExp(finding!.regexp).exec(failed)?.slice(1)).toEqual([
    'a.xome',
    '4',
    undefined,
    'error',
    'It is too long.',
    'model/shape',
  ]);
});

test('expectations that are not met, over two lines', () => {
  const [head, message] = z.array(pattern).parse(expected);
  // As test/cli holds the summary to.
  expect(new RegExp(head!.regexp).exec('a.xome:12:1: ✗ expect gap.max < 1%')?.slice(1)).toEqual([
    'a.xome',
    '12',
    '1',
    'expect gap.max < 1%',
  ]);
  expect(new RegExp(message!.regexp).exec('  Expected below 1 %: it is 90 %.')?.[1]).toBe(
    'Expected below 1 %: it is 90 %.',
  );
});
