import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { workspaceRoot } from './workspace.mjs';

/** Takes the lock, notes in a log when it is in and out, and stays inside for a moment, or until it is killed. */
const worker = `
  import { appendFileSync } from 'node:fs';
  import { withLock } from ${JSON.stringify(join(workspaceRoot, 'tools/setup-lock.mjs'))};
  const [lock, log, stayMs] = process.argv.slice(1);
  await withLock(lock, async () => {
    appendFileSync(log, 'in\\n');
    await new Promise((resolve) => setTimeout(resolve, Number(stayMs)));
    appendFileSync(log, 'out\\n');
  });
`;

let folder;
let lock;
let log;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-lock-'));
  lock = join(folder, 'setup.lock');
  log = join(folder, 'log');
  writeFileSync(log, '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(stayMs) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', worker, lock, log, String(stayMs)], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: 'ignore',
  });
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('the set-up lock', () => {
  it('lets one process in at a time, and all of them in the end', async () => {
    const workers = [start(30), start(30), start(30), start(30)];
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(4));
    expect(existsSync(lock)).toBe(false);
  }, 30_000);

  it('passes to the next when its holder was killed', async () => {
    const killed = start(60_000);
    await until(() => readFileSync(log, 'utf8') === 'in\n');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(lock)).toBe(true);
    expect(await start(0).ended).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe('in\nin\nout\n');
  }, 30_000);

  it('is not fooled by a later process that got the id of a dead holder', async () => {
    writeFileSync(lock, `${process.pid} 1`);
    expect(await start(0).ended).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n');
  }, 30_000);
});
