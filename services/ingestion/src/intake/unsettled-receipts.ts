import type { Clock, Instant } from '@tollkeeper/kernel';
import { gauge, isTracing } from '@tollkeeper/nest-kit';
import type { View } from '@tollkeeper/ports';
import type { ReceiptDocument } from '../store/views.js';

/** A receipt that is not settled after this time waits for something that will not come by itself. */
const deadAfterMs = 3_600_000;
/** Receipts that are remembered; beyond, rating is so far behind that its lag says more. */
const mostRemembered = 100_000;
const looksAtOnce = 500;

/**
 * Remembers, while telemetry is on, which receipts this process has heard of and not seen settled, by the machine's clock. Other
 * processes may settle them, so that an old one is looked up before it counts. Forgotten at the end of the process.
 */
export class UnsettledReceipts {
  private readonly since = new Map<string, Instant>();
  private readonly end: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly receipts: View<ReceiptDocument>,
  ) {
    const options = { unit: '{receipt}', description: 'Receipts that are not settled an hour after this process first heard of them.' };
    this.end = gauge('tollkeeper.receipts.dead', options, () => this.countDead());
  }

  heardOf(documents: readonly ReceiptDocument[]): void {
    if (!isTracing()) return;
    for (const { id, settledMs } of documents) {
      if (settledMs > 0) this.since.delete(id);
      else if (!this.since.has(id) && this.since.size < mostRemembered) this.since.set(id, this.clock.now());
    }
  }

  stop(): void {
    this.end();
  }

  private async countDead(): Promise<number> {
    const limit = this.clock.now() - deadAfterMs;
    const old: string[] = [];
    for (const [id, since] of this.since) {
      // In the order in which they were heard of: the rest is younger.
      if (since > limit) break;
      old.push(id);
    }
    for (let at = 0; at < old.length; at += looksAtOnce) {
      for (const document of await this.receipts.getMany(old.slice(at, at + looksAtOnce))) if (document && document.settledMs > 0) this.since.delete(document.id);
    }
    return old.filter((id) => this.since.has(id)).length;
  }
}
