import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '../settings/settings.js';

const startMs = 90_000;
const running = new Set<ChildProcess>();

// A spec that fails in the middle leaves nothing running behind.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

interface Line {
  readonly level: string;
  readonly message: string;
}

/** The process of a service as it is delivered: `npm run test:cluster` builds it first. */
export class ServiceProcessUnderTest {
  readonly lines: Line[] = [];
  private complaints = '';
  private readonly child: ChildProcess;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;

  constructor(
    readonly service: ServiceName,
    env: Readonly<Record<string, string>>,
  ) {
    const program = fileURLToPath(new URL(`../../../../services/${service}/dist/main.js`, import.meta.url));
    this.child = spawn(process.execPath, [program], { cwd: tmpdir(), env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.child);
    let rest = '';
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.lines.push(JSON.parse(line) as Line);
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.complaints += chunk.toString('utf8')));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        running.delete(this.child);
        resolve(code ?? signal ?? -1);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything that it said, for the error of a test. */
  get said(): string {
    return [...this.lines.map(({ level, message }) => `${this.service} ${level}: ${message}`), this.complaints].join('\n');
  }

  /** Resolves when it takes requests. @throws Error with what it said */
  async started(): Promise<void> {
    await this.until(/has started/);
  }

  get healthPort(): number {
    return Number(this.find(/health on port (\d+)/)?.[1]);
  }

  get address(): string {
    return this.find(/listens on (http:\/\/[^;\s]+)/)?.[1] ?? '';
  }

  async ready(): Promise<{ readonly status: number; readonly checks: Readonly<Record<string, string>> }> {
    const response = await fetch(`http://127.0.0.1:${this.healthPort}/health/ready`);
    const { checks } = (await response.json()) as { readonly checks: Readonly<Record<string, string>> };
    return { status: response.status, checks };
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As Kubernetes asks a pod to end. Answers the exit code. */
  stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGTERM');
    return this.ended;
  }

  /** Without a word; resolves when it is gone. */
  kill(): Promise<number | NodeJS.Signals> {
    this.signal('SIGKILL');
    return this.ended;
  }

  private find(pattern: RegExp): RegExpExecArray | undefined {
    for (const { message } of this.lines) {
      const found = pattern.exec(message);
      if (found) return found;
    }
    return undefined;
  }

  private async until(pattern: RegExp): Promise<void> {
    let ended: number | NodeJS.Signals | undefined;
    void this.ended.then((how) => (ended = how));
    for (const end = Date.now() + startMs; Date.now() < end; ) {
      if (this.find(pattern)) return;
      if (ended !== undefined) throw new Error(`${this.service} ended (${ended}) before it said ${String(pattern)}:\n${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${this.service} did not say ${String(pattern)}:\n${this.said}`);
  }
}
