/**
 * Installs what the tests in a real VS Code need, once, outside the project: code-server (VS Code's own workbench and
 * extension host behind a web server) in the newest version and in the oldest that `engines.vscode` allows, each with the
 * Node it asks for. Everything comes from the npm registry. `installed.json` in the folder says what is there.
 *
 * node test/host/install.mjs     about a minute and 2 GB of disk; EXPLAINOME_HOST chooses the folder
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const FOLDER = process.env.EXPLAINOME_HOST ?? join(homedir(), '.cache', 'explainome-host');

/**
 * Each code-server holds the VS Code of the same number. `native` names, of the native modules of the server and of the
 * workbench in it, those without which it does not start, log or watch its parent; what else is needed is prebuilt.
 */
const RELEASES = [
  {
    vscode: '1.139.1',
    codeServer: '4.139.1',
    node: '24.21.0',
    native: { server: [], workbench: ['@vscode/spdlog', '@vscode/native-watchdog'] },
  },
  {
    vscode: '1.100.3',
    codeServer: '4.100.3',
    node: '20.20.2',
    native: { server: ['argon2'], workbench: ['@vscode/spdlog', 'native-watchdog'] },
  },
];

const LIST = join(FOLDER, 'installed.json');

/** What is installed: `[{ vscode, codeServer, nodeVersion, node, entry }]`, newest first; paths are absolute. */
export function installed() {
  if (!existsSync(LIST)) return [];
  const list = JSON.parse(readFileSync(LIST, 'utf8'));
  return list.filter(({ node, entry }) => existsSync(node) && existsSync(entry));
}

/** Whether nothing is missing. */
export const complete = () =>
  RELEASES.every(release => installed().some(({ vscode, entry }) => vscode === release.vscode && searches(entry)));

const workbenchOf = entry => join(dirname(entry), '..', '..', 'lib', 'vscode');

/** Where a release has the program that searches files: newer ones bring it, older ones would download it from GitHub. */
const bundledSearch = entry =>
  join(workbenchOf(entry), 'node_modules/@vscode/ripgrep-universal/bin', `linux-${process.arch}`, 'rg');
const downloadedSearch = entry => join(workbenchOf(entry), 'node_modules/@vscode/ripgrep/bin/rg');
const searches = entry => existsSync(bundledSearch(entry)) || existsSync(downloadedSearch(entry));

/** Why this machine cannot have it, or undefined. */
export function impossible() {
  if (process.platform !== 'linux') return 'code-server is installed on Linux only';
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `no Node package for ${process.arch}`;
  return undefined;
}

/** Installs what is missing. @throws Error when npm or the compiler fails */
export function install(say = console.error) {
  const reason = impossible();
  if (reason !== undefined) throw new Error(reason);
  const list = [];
  const present = installed();
  for (const release of RELEASES) {
    const same = present.find(
      ({ codeServer, nodeVersion }) => codeServer === release.codeServer && nodeVersion === release.node,
    );
    if (same !== undefined) {
      list.push(same);
      continue;
    }
    say(`Installing VS Code ${release.vscode} (code-server) into ${FOLDER} …`);
    list.push(installRelease(release));
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${LIST}.new`, JSON.stringify(list, undefined, 2));
    renameSync(`${LIST}.new`, LIST);
  }
  const brought = list.map(({ entry }) => bundledSearch(entry)).find(existsSync);
  for (const { entry } of list)
    if (brought !== undefined && !searches(entry)) cpSync(brought, downloadedSearch(entry), { recursive: true });
  return list;
}

function installRelease({ vscode, codeServer, node: nodeVersion, native }) {
  const folder = join(FOLDER, vscode);
  rmSync(folder, { recursive: true, force: true });
  // Each in a folder of its own: npm scripts in and below the folder of node-linux-* run on that Node.
  const nodePackage = npmFolder(join(folder, 'node'), `node-linux-${process.arch}@${nodeVersion}`);
  const node = join(nodePackage, 'bin', 'node');
  const env = {
    ...process.env,
    PATH: `${dirname(node)}:${process.env.PATH}`,
    // node-gyp finds headers in the package instead of asking nodejs.org for them, and nothing comes from GitHub.
    npm_config_nodedir: nodePackage,
    npm_config_build_from_source: 'true',
  };
  const server = npmFolder(join(folder, 'code-server'), `code-server@${codeServer}`, env);
  const workbench = join(server, 'lib', 'vscode');
  npm(['install', '--omit=dev', '--ignore-scripts'], workbench, env);
  npm(['install', '--omit=dev', '--ignore-scripts'], join(workbench, 'extensions'), env);
  for (const [place, modules] of [
    [join(folder, 'code-server'), native.server],
    [workbench, native.workbench],
  ]) {
    if (modules.length > 0) npm(['rebuild', ...modules], place, env);
    for (const name of modules)
      execFileSync(node, ['-e', 'require(process.argv[1])', join(place, 'node_modules', name)]);
  }
  const entry = join(server, 'out', 'node', 'entry.js');
  return { vscode, codeServer, nodeVersion, node, entry };
}

/** Installs one package into a folder of its own without running its scripts; gives the package's folder. */
function npmFolder(folder, specifier, env = process.env) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(['install', '--ignore-scripts', specifier], folder, env);
  return join(folder, 'node_modules', specifier.slice(0, specifier.lastIndexOf('@')));
}

function npm(parameters, cwd, env) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  try {
    execFileSync('npm', [...parameters, ...quiet], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const last = String(error.stderr).trim().split('\n').slice(-5).join('\n');
    throw new Error(`\`npm ${parameters.join(' ')}\` failed in ${cwd}:\n${last}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const { vscode, entry } of install()) console.log(`VS Code ${vscode}: ${entry}`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
