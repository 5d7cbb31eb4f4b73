import { everyPage } from '../shell/list-page.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { textOf } from '../shell/followed-writer.js';
import { runDue } from './run-due.js';

const everyMs = 60_000;
const tenantsPage = 100;

/** Another process that began a tenant's round so recently has it; less than a round, as timers are not exact. */
const takenForMs = 45_000;

/**
 * Asks for what is due for every live tenant, each minute, one tenant at a time and never twice at once. Where several
 * processes do so they share the tenants: whoever comes to one first writes that down. Two that come at the same moment both
 * ask, which does no harm.
 */
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
          if (!(await this.isFree(id))) continue;
          await runDue(client, id, clock.now(), {}).catch((error: unknown) =>
            this.log(`what is due for ${id} is not all done: ${textOf(error)}`),
          );
        }
      }
    } catch (error) {
      this.log(`live tenants cannot be listed: ${textOf(error)}`);
    }
  }

  private async isFree(id: string): Promise<boolean> {
    const { views, ports } = this.context;
    const now = ports.clock.now();
    const last = (await views.dueRounds.get(id))?.version ?? 0;
    if (now - last < takenForMs) return false;
    await views.dueRounds.put([{ id, version: now }]);
    return true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.running;
  }
}
