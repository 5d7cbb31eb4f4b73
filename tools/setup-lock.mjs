/**
 * A lock between processes, so that two commands started at once do not install or build over each other.
 * The lock file names its holder, and the program that the holder has started, by process id and start time, a line each.
 * The lock is taken over when all of them are dead: an installer may outlive the command that started it.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 100;

/** Names a living process in a way that a later process with the same id does not share; undefined when it is gone. */
function identify(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return existsSync('/proc/self/stat') ? undefined : `${pid} -`;
  }
}

function tryTake(path, me) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, me);
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Removes the lock of a dead holder. Should another process have taken it over just before, its lock is put back. */
function dropIfDead(path) {
  const holder = readHolder(path);
  if (holder === undefined || holder.split('\n').some((line) => identify(Number(line.split(' ')[0])) === line)) return;
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
    if (readHolder(aside) !== holder) linkSync(aside, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Runs `work` while this process holds the lock file at `path`; waits as long as another living process holds it.
 * `work` is given a function that adds a started program, by process id, to the holders. `doing` says what one waits for.
 */
export async function withLock(path, work, doing = 'setting up this checkout') {
  mkdirSync(dirname(path), { recursive: true });
  const me = identify(process.pid);
  let told = false;
  while (!tryTake(path, me)) {
    dropIfDead(path);
    const holder = readHolder(path);
    if (!told && holder) {
      process.stderr.write(`waiting for process ${holder.split(' ')[0]}, which is ${doing} …\n`);
      told = true;
    }
    await delay(holder ? pollMs : 0);
  }
  try {
    return await work((pid) => addHolder(path, `${me}\n${identify(pid)}`));
  } finally {
    rmSync(path, { force: true });
  }
}

function addHolder(path, holders) {
  const next = `${path}.${process.pid}`;
  writeFileSync(next, holders);
  renameSync(next, path);
}
