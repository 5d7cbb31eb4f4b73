/** Starts what is in the image as Kubernetes would: with its user, on a root file system that cannot be written, with an environment of its own. */
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildah } from './container-tools.mjs';

/** A container of the image whose files can be looked at, and in which commands can be started. */
export async function openContainer(image, config) {
  const container = await buildah(['from', '--pull-never', image]);
  const root = await buildah(['mount', container]);
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-container-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const [user, group] = config.User.split(':').map(Number);
  chownSync(data, user, group);
  const running = new Set();
  return {
    root,
    start(command = config.Cmd, env = {}) {
      const started = startIn({ root, data, config }, command, env);
      running.add(started);
      return started;
    },
    async close() {
      await Promise.all([...running].map((one) => one.stop()));
      await buildah(['umount', container]);
      await buildah(['rm', container]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** In a mount namespace of its own, which ends with it. The network is the machine's. */
const enter = `
set -e
root=$1 data=$2 user=$3 workdir=$4; shift 4
mount --bind "$root" "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$workdir" "$@"
`;

function startIn({ root, data, config }, command, env) {
  const own = Object.fromEntries(config.Env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  const args = ['--mount', '--propagation', 'private', '/bin/sh', '-c', enter, 'enter', root, data, config.User, config.WorkingDir, ...command];
  const child = spawn('unshare', args, { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return {
    ended,
    pid: child.pid,
    get said() {
      return said;
    },
    /** Waits until it says something that fits; throws with what it said when it ends before, or takes too long. */
    async says(pattern, timeoutMs = 90_000) {
      let code;
      void ended.then((how) => (code = how));
      for (const end = Date.now() + timeoutMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const found = pattern.exec(said);
        if (found) return found;
        if (code !== undefined) break;
      }
      throw new Error(`${command.join(' ')} ${code === undefined ? 'runs' : `ended (${code})`} and did not say ${pattern}:\n${said}`);
    },
    /** As Kubernetes asks a pod to end; answers the exit code. */
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
