import type { Timers } from '@tollkeeper/ports';

/** Rejects with the reason when what it looks at does not work. */
export type HealthCheck = () => Promise<void>;

export interface HealthReport {
  readonly status: 'ok' | 'failed';
  /** By the name of what was looked at: `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

const longestCheckMs = 2_000;

/**
 * Whether this process lives, and whether it can do its work. Ready means: it has started, is not stopping, and every engine
 * that it needs answers. An engine that is away makes no process die: it comes back, and so does the process.
 */
export class Health {
  private readonly checks = new Map<string, HealthCheck>();
  private phase: 'starting' | 'running' | 'stopping' = 'starting';
  private reason = 'connecting';

  constructor(private readonly timers: Timers) {}

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** What the start is waiting for. */
  waitFor(reason: string): void {
    this.reason = reason;
  }

  started(): void {
    this.phase = 'running';
  }

  stopping(): void {
    this.phase = 'stopping';
  }

  /** A process that answers lives. */
  live(): HealthReport {
    return { status: 'ok', checks: { process: this.phase } };
  }

  async ready(): Promise<HealthReport> {
    const names = [...this.checks.keys()];
    const results = await Promise.allSettled([...this.checks.values()].map((check) => this.inTime(check)));
    const own = this.phase === 'running' ? 'ok' : this.phase === 'starting' ? `starting: ${this.reason}` : 'stopping';
    const checks = Object.fromEntries([
      ['process', own],
      ...names.map((name, i) => {
        const result = results[i];
        return [name, result?.status === 'rejected' ? reasonOf(result.reason) : 'ok'];
      }),
    ]);
    return { status: Object.values(checks).every((word) => word === 'ok') ? 'ok' : 'failed', checks };
  }

  private async inTime(check: HealthCheck): Promise<void> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.timers.after(longestCheckMs, () => reject(new Error(`no answer within ${longestCheckMs} ms`)));
    });
    await Promise.race([check(), late]).finally(cancel);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
