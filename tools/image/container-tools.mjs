/** Buildah, with images of its own in the cache folder: what tests build is not mixed with anybody's. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const store = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tollkeeper/images');

const needed = { buildah: 'builds images without a daemon', mmdebstrap: 'makes the base image where none can be pulled' };

const isThere = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** Sees that the programs are there; installs them where that is possible. Throws, naming what is missing and what to install, where it is not. */
export function ensureContainerTools() {
  const missing = () => Object.keys(needed).filter((program) => !isThere(program));
  if (missing().length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && isThere('apt-get')) {
    process.stderr.write(`installing ${missing().join(' and ')} by apt-get …\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', ...missing()], { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
  const still = missing();
  if (still.length === 0) return;
  const list = still.map((program) => `${program}, which ${needed[program]}`).join('; ');
  throw new Error(`the image cannot be built without ${list}\n  mend: apt-get install ${still.join(' ')} on Debian or Ubuntu, and run the test as root`);
}

/** Arguments that go before every command of buildah. */
function places() {
  mkdirSync(store, { recursive: true });
  // Names without a registry are those of Docker's, as Dockerfiles mean them.
  writeFileSync(join(store, 'registries.conf'), 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n');
  return ['--root', join(store, 'root'), '--runroot', join(store, 'run'), '--registries-conf', join(store, 'registries.conf')];
}

/** Runs buildah and answers what it printed; throws with what it complained of. What it says while it works goes to `onLine`. */
export function buildah(args, { timeoutMs = 1_200_000, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('buildah', [...places(), ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, env: { ...process.env, BUILDAH_ISOLATION: 'chroot' } });
    let printed = '';
    let said = '';
    child.stdout.on('data', (data) => {
      printed += data;
      onLine?.(String(data));
    });
    child.stderr.on('data', (data) => (said += data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed.trim());
      else reject(new Error(`buildah ${args[0]} failed (${code}): ${`${printed}${said}`.trim().split('\n').slice(-25).join('\n')}`));
    });
  });
}
