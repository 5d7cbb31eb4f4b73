/** Runs the programs that build servers: without a word unless they fail, and giving way to whatever else the machine does. */
import { spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';

const politeness = 10;

/** Resolves with what the program wrote to its output; throws with its last words when it fails or cannot be started. */
export function runProgram(file, argv, { cwd, env, started } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let words = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (words += data));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const tail = `${output}${words}`.trimEnd().split('\n').slice(-30).join('\n');
      reject(new Error(`${file} ${argv.join(' ')} ended with ${signal ?? code}:\n${tail}`));
    });
    if (!child.pid) return;
    started?.(child.pid);
    giveWay(child.pid);
  });
}

function giveWay(pid) {
  try {
    setPriority(pid, Math.max(getPriority(), politeness));
  } catch {
    // It has ended already, or this system does not let us: it then runs as everything else does.
  }
}

/** Networks have hiccups: tries three times, a little later each time. */
export async function withRetries(work) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3) throw error;
      process.stderr.write(`  failed, and is tried again: ${error.message.split('\n').slice(-1)[0]}\n`);
      await new Promise((resolve) => setTimeout(resolve, attempt * 3_000));
    }
  }
}
