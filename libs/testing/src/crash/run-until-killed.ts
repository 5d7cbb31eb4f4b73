import { spawn } from 'node:child_process';

export interface RunLimits {
  /** No file may grow beyond this: a write that reaches it fails as on a full disk. */
  readonly fileLimitKiB?: number;
}

/**
 * Starts this Node with a program, and kills it without warning `delayMs` after its first line. Answers its whole lines.
 * A program that ends before, successfully, is left alone; one that fails is the test's failure.
 */
export function runUntilKilled(args: readonly string[], delayMs: number, limits: RunLimits = {}): Promise<string[]> {
  // The shell's unit for the size of files is 512 bytes.
  const limit = limits.fileLimitKiB === undefined ? '' : `ulimit -f ${limits.fileLimitKiB * 2}; `;
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  let killer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    output.push(chunk);
    killer ??= setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(killer);
      const text = Buffer.concat(output).toString('utf8');
      if (code === 0 || signal === 'SIGKILL') resolve(text.split('\n').slice(0, -1));
      else reject(new Error(`${args.join(' ')} ended with ${code ?? signal}: ${Buffer.concat(complaints).toString('utf8')}`));
    });
  });
}

/** Mulberry32: numbers from 0 to `below` - 1, the same for the same seed. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
