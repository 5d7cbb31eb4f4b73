import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patiently } from './patience.js';

/** A server that runs as a process of its own, and does to its clients what servers do: ends, hangs, comes back. */
export interface RealServer {
  /** Where clients reach it; the same after a restart. */
  readonly address: string;
  /** The id of the process that runs now, or ran last. */
  readonly pid: number;
  /** The file that everything it says is added to. */
  readonly log: string;
  /** Asks it to end, and waits until it has; one that does not end in ten seconds is killed. Nothing happens when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(): void;
  /** SIGCONT, after a pause. */
  resume(): void;
  /** Starts it again on its folder and port, ending it first where it still runs; resolves when it answers. */
  restart(): Promise<void>;
}

/** How a server is started, and how one knows that it serves. */
export interface ServerProgram {
  /** What messages call it; also the name of its log file. */
  readonly name: string;
  /** Absolute path; see `serverFile`. */
  readonly binary: string;
  readonly args: readonly string[];
  /** It keeps here what it stores, and its log; made when missing. */
  readonly folder: string;
  readonly address: string;
  readonly env?: Readonly<Record<string, string>>;
  /** True when it serves; asked again until then, and what it throws counts as not yet. */
  ready(): Promise<boolean>;
  /** How long it may take until it serves; 30 s when left out. */
  readonly startTimeoutMs?: number;
}

const stopTimeoutMs = 10_000;
const setpriv = '/usr/bin/setpriv';

/** Starts the program and resolves when it serves. When it does not, the error ends with what it said last. */
export async function startServer(program: ServerProgram): Promise<RealServer> {
  await mkdir(program.folder, { recursive: true });
  const server = new ServerProcess(program);
  await server.start();
  return server;
}

class ServerProcess implements RealServer {
  readonly #program: ServerProgram;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();

  constructor(program: ServerProgram) {
    this.#program = program;
  }

  get address(): string {
    return this.#program.address;
  }

  get log(): string {
    return join(this.#program.folder, `${this.#program.name}.log`);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.#program.name} was never started`);
    return this.#child.pid;
  }

  async start(): Promise<void> {
    await this.#spawn();
    const serves = () => patiently(() => !this.#runs() || this.#serves(), { timeoutMs: this.#program.startTimeoutMs });
    const inTime = await serves().then(() => true, () => false);
    if (!this.#runs()) throw new Error(await this.#story('ended before it served'));
    if (inTime) return;
    await this.kill();
    throw new Error(await this.#story('did not serve in time'));
  }

  async stop(): Promise<void> {
    if (!this.#runs()) return;
    // A paused process would see the request to end only when it runs on.
    this.#signal('SIGCONT');
    this.#signal('SIGTERM');
    const impatient = setTimeout(() => this.#signal('SIGKILL'), stopTimeoutMs);
    await this.#gone;
    clearTimeout(impatient);
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#gone;
  }

  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async #spawn(): Promise<void> {
    const { binary, args, folder, env, name } = this.#program;
    const log = await open(this.log, 'a');
    try {
      const [file, argv] = endingWithThisProcess(binary, args);
      const child = spawn(file, argv, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', log.fd, log.fd] });
      this.#child = child;
      this.#gone = new Promise((resolve) => {
        child.once('exit', () => resolve());
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) => reject(new Error(`${name} cannot be started: ${error.message}`, { cause: error })));
      });
      // A test that forgot to stop its server ends all the same, and the server with it.
      child.unref();
    } finally {
      await log.close();
    }
  }

  async #serves(): Promise<boolean> {
    try {
      return await this.#program.ready();
    } catch {
      return false;
    }
  }

  #runs(): boolean {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#runs()) this.#child?.kill(signal);
  }

  async #story(what: string): Promise<string> {
    const { name, binary, args } = this.#program;
    const tail = (await readFile(this.log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n');
    const how = this.#child?.signalCode ?? this.#child?.exitCode;
    return `${name} ${what} (ended with ${how}): ${binary} ${args.join(' ')}\nThe end of ${this.log}:\n${tail}`;
  }
}

/** On Linux the kernel ends the server with the process that started it, even when that one is killed. */
function endingWithThisProcess(binary: string, args: readonly string[]): [string, string[]] {
  if (!existsSync(setpriv)) return [binary, [...args]];
  return [setpriv, ['--pdeathsig', 'KILL', '--', binary, ...args]];
}
