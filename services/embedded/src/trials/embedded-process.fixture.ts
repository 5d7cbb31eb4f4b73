import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiClient } from '@tollkeeper/api-client';
import { machineTimers } from '../machine.js';

/** The program as it is delivered: `npm test` builds it first. */
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** How a program ended that was let run to its end. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly complaints: string;
}

/** The platform as a process of its own, on a folder that outlives it. */
export interface EmbeddedProcess {
  readonly address: string;
  readonly pid: number;
  readonly operator: ApiClient;
  readonly operatorKey: string;
  /** With `attempts` 1 a request that is cut off is the caller's to send again. */
  clientFor(apiKey: string, attempts?: number): ApiClient;
  /** What it has complained of so far. */
  complaints(): string;
  /** Undefined while it lives. */
  ended(): Ended | undefined;
  /** Without warning, as a power cut. Resolves when the process is gone. */
  kill(): Promise<Ended>;
  /** As Ctrl-C. Resolves when the process is gone. */
  stop(): Promise<Ended>;
}

export interface StartOptions {
  readonly args?: readonly string[];
  /** No file may grow beyond this: a write that reaches it fails as on a full disk. */
  readonly fileLimitKiB?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const startMs = 60_000;
const started = new Set<ChildProcess>();

// A spec that fails in the middle leaves nothing running behind.
process.on('exit', () => started.forEach((child) => child.kill('SIGKILL')));

export function newFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `tollkeeper-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the platform on a free port and resolves when it listens. @throws Error with what it said when it does not */
export async function startForTest(folder: string, options: StartOptions = {}): Promise<EmbeddedProcess> {
  const { child, end, said } = launch(['--data', folder, '--port', '0', '--page-ms', '20', ...(options.args ?? [])], options);
  const address = await listening(child, end, said);
  const operatorKey = readFileSync(join(folder, 'operator.key'), 'utf8').trim();
  const clientFor = (apiKey: string, attempts = 6) => new ApiClient({ baseUrl: address, apiKey, timers: machineTimers, backoff: { attempts } });
  const finish = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return end.promise;
  };
  return {
    address,
    pid: child.pid ?? 0,
    operator: clientFor(operatorKey),
    operatorKey,
    clientFor,
    complaints: () => said.complaints,
    ended: () => end.ended,
    kill: () => finish('SIGKILL'),
    stop: () => finish('SIGTERM'),
  };
}

/** Runs the program to its own end; for starts that must fail. */
export async function runForTest(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { child, end } = launch(args, { env });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), startMs);
  const ended = await end.promise;
  clearTimeout(tooLong);
  return ended;
}

/** Starts the platform and kills it while it may still be taking up what the last crash left. */
export async function killWhileStarting(folder: string, afterMs: number): Promise<void> {
  const { child, end } = launch(['--data', folder, '--port', '0', '--page-ms', '20'], {});
  const killer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  const { code, complaints } = await end.promise;
  clearTimeout(killer);
  if (code !== null && code !== 0) throw new Error(`the platform ended with ${code} before it was killed: ${complaints}`);
}

interface Said {
  out: string;
  complaints: string;
}

interface End {
  ended: Ended | undefined;
  readonly promise: Promise<Ended>;
}

function launch(args: readonly string[], options: { readonly fileLimitKiB?: number; readonly env?: Readonly<Record<string, string>> }): { child: ChildProcess; end: End; said: Said } {
  // The shell's unit for the size of files is 512 bytes.
  const limit = options.fileLimitKiB === undefined ? '' : `ulimit -f ${options.fileLimitKiB * 2}; `;
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Whatever a wrong setting makes of the working folder, it is not the repository's.
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], ...options.env },
  });
  started.add(child);
  const said: Said = { out: '', complaints: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.complaints += chunk.toString('utf8')));
  const promise = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      started.delete(child);
      resolve((end.ended = { code, signal, ...said }));
    });
  });
  const end: End = { ended: undefined, promise };
  return { child, end, said };
}

function listening(child: ChildProcess, end: End, said: Said): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLong = setTimeout(() => child.kill('SIGKILL'), startMs);
    const look = () => {
      const address = /listens on (http:\/\/[^;\s]+);/.exec(said.out)?.[1];
      if (address === undefined) return;
      clearTimeout(tooLong);
      resolve(address);
    };
    child.stdout?.on('data', look);
    void end.promise.then(({ code, signal }) => {
      clearTimeout(tooLong);
      reject(new Error(`the platform did not start (${code ?? signal}): ${said.out}${said.complaints}`));
    });
  });
}
