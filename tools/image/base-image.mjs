/** The base image of the Dockerfile: pulled, or made of Debian's packages and the repository's own Node where it cannot be pulled. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { workspaceRoot } from '../workspace.mjs';
import { buildah } from './container-tools.mjs';

const pullMs = 120_000;
// Part of the stand-in's name: raise it when the way of making it changes.
const recipe = 1;

/** The name by which the Dockerfile calls it. */
function baseName() {
  return /^FROM (\S+) AS dependencies$/m.exec(readFileSync(join(workspaceRoot, 'Dockerfile'), 'utf8'))[1];
}

const has = (image) => buildah(['inspect', '--type', 'image', image]).then(() => true, () => false);

/** Sees that the base image is there, and answers where it is from. */
export async function ensureBaseImage() {
  const name = `docker.io/library/${baseName()}`;
  const { node } = process.versions;
  const standIn = `localhost/tollkeeper-base:${node}-${recipe}`;
  if (await has(standIn)) {
    await buildah(['tag', standIn, name]);
    return `made of Debian’s packages and Node ${node}`;
  }
  if (await has(name)) return 'pulled before';
  process.stderr.write(`pulling ${name} …\n`);
  try {
    await buildah(['pull', '--quiet', name], { timeoutMs: pullMs });
    return 'pulled';
  } catch (error) {
    process.stderr.write(`it cannot be pulled (${error.message.split('\n').at(-1).slice(0, 200)}); making one of its name of Debian’s packages, about a minute …\n`);
  }
  await makeStandIn(standIn);
  await buildah(['tag', standIn, name]);
  return `made of Debian’s packages and Node ${node}`;
}

/** A minimal Debian with Node and npm where the official image has them. */
async function makeStandIn(name) {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-base-'));
  try {
    const root = join(folder, 'root');
    debian(root);
    // Machines behind a proxy that looks into TLS trust its authority as well.
    const trusted = '/etc/ssl/certs/ca-certificates.crt';
    if (existsSync(trusted)) cpSync(trusted, join(root, trusted), { dereference: true });
    mkdirSync(join(root, 'usr/local/lib/node_modules'), { recursive: true });
    cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true });
    cpSync(npmFolder(), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
    const container = await buildah(['from', 'scratch']);
    await buildah(['copy', '--quiet', container, root, '/']);
    await buildah(['config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', '--cmd', '["node"]', container]);
    await buildah(['commit', '--quiet', '--rm', container, name]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function debian(root) {
  const left = ['doc', 'man', 'locale', 'info'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`);
  const done = spawnSync('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', ...left, 'bookworm', root], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`mmdebstrap failed: ${(done.stderr ?? String(done.error)).trim().split('\n').slice(-15).join('\n')}`);
  rmSync(join(root, 'var/lib/apt/lists'), { recursive: true, force: true });
  rmSync(join(root, 'var/cache/apt'), { recursive: true, force: true });
}

/** The npm that is on PATH: whatever ran `npm run` is good enough to install from a lock file. */
function npmFolder() {
  const command = process.env.PATH.split(delimiter).map((folder) => join(folder, 'npm')).find((path) => existsSync(path));
  const program = command && realpathSync(command);
  if (!program?.endsWith('/bin/npm-cli.js')) throw new Error(`npm on PATH (${program ?? 'none'}) is not the usual one\n  mend: install Node with npm, from https://nodejs.org`);
  return dirname(dirname(program));
}
