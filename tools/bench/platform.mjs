/** The embedded platform in a process of its own, as a user starts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from './child.mjs';
import { root } from './folders.mjs';

/**
 * As `npm start` has it: usage lives for about a second, and a small young generation would copy it again and again; with two threads
 * at work, helpers of the garbage collector would only get in their way.
 */
const startArgs = ['--max-semi-space-size=64', '--v8-pool-size=1'];

/** @returns the port it listens on and how to stop it; `nodeArgs` are for Node, such as those of its profiler. */
export async function startPlatform(dataFolder, nodeArgs = []) {
  const main = join(root, 'services/embedded/dist/main.js');
  const child = start(process.execPath, [...startArgs, ...nodeArgs, main, '--data', dataFolder, '--port', '0', '--no-sample']);
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  let said = '';
  const port = await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      said += data;
      const found = /listens on http:\/\/[^:]+:(\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    });
    ended.then((code) => reject(new Error(`the platform ended with ${code} before it listened`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`the platform ended with ${code}`);
  };
  return {
    port,
    stop,
    writtenBytes: () => figureOf(`/proc/${child.pid}/io`, 'write_bytes'),
    residentBytes: () => figureOf(`/proc/${child.pid}/status`, 'VmRSS') * 1024,
    cpuSeconds: () => cpuSecondsOf(`/proc/${child.pid}/stat`),
  };
}

/** Linux counts a process's time in hundredths of a second. */
const ticksPerSecond = 100;

/** Processor time of all threads so far; NaN where the system does not tell. */
function cpuSecondsOf(path) {
  try {
    const [, fields = ''] = readFileSync(path, 'utf8').split(') ');
    const numbers = fields.split(' ').map(Number);
    return (numbers[11] + numbers[12]) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

/** A figure of Linux's process files; NaN elsewhere. */
function figureOf(path, name) {
  try {
    return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}
