/** The embedded platform in a process of its own, as a user starts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from './child.mjs';
import { root } from './folders.mjs';

/** @returns the port it listens on and how to stop it; `nodeArgs` are for Node, such as those of its profiler. */
export async function startPlatform(dataFolder, nodeArgs = []) {
  const main = join(root, 'services/embedded/dist/main.js');
  const child = start(process.execPath, [...nodeArgs, main, '--data', dataFolder, '--port', '0', '--no-sample']);
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
  return { port, stop, writtenBytes: () => figureOf(`/proc/${child.pid}/io`, 'write_bytes'), residentBytes: () => figureOf(`/proc/${child.pid}/status`, 'VmRSS') * 1024 };
}

/** A figure of Linux's process files; NaN elsewhere. */
function figureOf(path, name) {
  try {
    return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}
