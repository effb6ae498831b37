/** Lint rules: type-aware checks, and the walls between folders of ARCHITECTURE.md. */
import tseslint from 'typescript-eslint';

/** Rooms of server/src and what each may import, `type:` marking rooms of which only types may be named. */
const ROOMS = {
  catalog: [],
  language: ['catalog', 'type:protocol'],
  plan: ['catalog', 'type:language', 'type:protocol'],
  store: [],
  run: ['catalog', 'plan', 'protocol', 'store'],
  engine: ['protocol', 'store', 'type:catalog'],
  lsp: ['catalog', 'language', 'plan', 'protocol', 'run', 'store'],
};
const ALL = ['catalog', 'language', 'plan', 'store', 'run', 'engine', 'lsp', 'protocol'];

/** Packages that only some places know. */
const PACKAGES = [
  { regex: '^langium', places: ['language'], why: 'Only language/ knows Langium.' },
  {
    regex: '^vscode-languageserver',
    places: ['language', 'lsp'],
    why: 'Only language/, lsp/ and main.ts know the language server protocol.',
  },
  { regex: '^vscode$', places: [], why: 'Only client/ knows vscode.' },
  { regex: '^onnxruntime', places: ['engine/backends'], why: 'Only engine/backends/ knows a runtime.' },
];

const from = rooms => `^(\\.\\.?/)+(${rooms.join('|')})(/|\\.js$)`;

function walls(place, allowed) {
  const values = allowed.filter(room => !room.startsWith('type:'));
  const types = allowed.filter(room => room.startsWith('type:')).map(room => room.slice(5));
  const closed = ALL.filter(room => room !== place.split('/')[0] && !values.includes(room) && !types.includes(room));
  const patterns = PACKAGES.filter(({ places }) => !places.includes(place)).map(({ regex, why }) => ({
    regex,
    message: why,
  }));
  if (closed.length > 0)
    patterns.push({ regex: from(closed), message: `${place}/ may not import this: see ARCHITECTURE.md.` });
  if (types.length > 0)
    patterns.push({
      regex: from(types),
      allowTypeImports: true,
      message: `${place}/ may import types only from here: see ARCHITECTURE.md.`,
    });
  return ['error', { patterns }];
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '**/generated/**', 'examples/out', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // Indices are checked by `noUncheckedIndexedAccess`; where a loop's bounds prove one, `!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowArray: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Strings that are spread here are DNA, file formats and digits: plain ASCII.
      '@typescript-eslint/no-misused-spread': 'off',
      // `async` without `await` turns what is thrown into a rejection, which callers of an interface rely on.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...Object.entries(ROOMS).map(([room, allowed]) => ({
    files: [`server/src/${room}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': walls(room, allowed) },
  })),
  {
    files: ['server/src/engine/backends/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': walls('engine/backends', ROOMS.engine) },
  },
  {
    files: ['server/src/protocol.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^\\.', message: 'protocol.ts imports only the schema library.' }] },
      ],
    },
  },
  // Matchers such as expect.any() are typed as any.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
  {
    files: ['client/src/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: 'webview/src/', message: 'The client loads the built panel.' },
            { regex: 'server/src/(?!protocol|store/)', message: 'The client knows protocol.ts and store/ only.' },
          ],
        },
      ],
    },
  },
  {
    files: ['webview/src/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^vscode$', message: 'The webview never imports vscode.' },
            { regex: 'server/src/(?!protocol)', message: 'The webview knows protocol.ts only.' },
          ],
        },
      ],
    },
  },
);
