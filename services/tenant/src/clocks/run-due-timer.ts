import { everyPage } from '../shell/list-page.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { textOf } from '../shell/followed-writer.js';
import { runDue } from './run-due.js';

const everyMs = 60_000;
const tenantsPage = 100;

/** Asks for what is due for every live tenant, each minute, one tenant at a time and never twice at once. */
export class RunDueTimer {
  private cancel: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly context: TenantContext,
    private readonly log: (text: string) => void,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.cancel = this.context.ports.timers.after(everyMs, () => {
      this.running = this.runOnce().finally(() => this.start());
    });
  }

  /** A tenant whose work fails does not hold up the others. */
  private async runOnce(): Promise<void> {
    const { clock, client } = this.context.ports;
    try {
      for await (const tenants of everyPage(this.context.views.tenants, { index: 'mode', equals: ['live'] }, tenantsPage)) {
        for (const { id } of tenants) {
          if (this.stopped) return;
          await runDue(client, id, clock.now(), {}).catch((error: unknown) =>
            this.log(`what is due for ${id} is not all done: ${textOf(error)}`),
          );
        }
      }
    } catch (error) {
      this.log(`live tenants cannot be listed: ${textOf(error)}`);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.running;
  }
}
