import type { usageV1 } from '@tollkeeper/contracts';
import { intakeTopic, partitionOf } from '@tollkeeper/nest-kit';
import type { Bus, BusMessage, Timers } from '@tollkeeper/ports';
import type { BatchTracker } from './batch-tracker.js';

const firstRetryMs = 100;
const longestRetryMs = 5_000;

/**
 * Tells ingestion how batches ended and then, not before, acknowledges them: after a crash in between the batch comes again,
 * and its account answers the same. Whatever ended while one publish ran goes into the next.
 */
export class OutcomePublisher {
  private queue: BatchTracker[] = [];
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly bus: Bus,
    private readonly timers: Timers,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  finished(tracker: BatchTracker): void {
    this.queue.push(tracker);
    this.running ??= Promise.resolve()
      .then(() => this.run())
      .finally(() => (this.running = undefined));
  }

  /** Resolves when everything finished so far was told; what cannot be told now is given up, and its batches come again. */
  async stop(): Promise<void> {
    this.stopping = true;
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      const trackers = this.queue;
      this.queue = [];
      const byPartition = new Map<number, { messages: BusMessage<usageV1.IntakeOutcome>[]; trackers: BatchTracker[] }>();
      for (const tracker of trackers) {
        const partition = partitionOf(tracker.delivery.value.tenantId, intakeTopic.partitions);
        const group = byPartition.get(partition) ?? { messages: [], trackers: [] };
        byPartition.set(partition, group);
        const value = tracker.outcome();
        // The outcome belongs to the trace that the batch came in, whoever tells it.
        const { headers } = tracker.delivery;
        group.messages.push({ id: `${value.receiptId}/${value.part}`, value, ...(headers ? { headers } : {}) });
        group.trackers.push(tracker);
      }
      await Promise.all([...byPartition].map(([partition, group]) => this.tell(partition, group.messages, group.trackers)));
    }
  }

  private async tell(partition: number, messages: readonly BusMessage<usageV1.IntakeOutcome>[], trackers: readonly BatchTracker[]): Promise<void> {
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        await this.bus.publish(intakeTopic, partition, messages);
        break;
      } catch (error) {
        this.onFailed(error);
        if (this.stopping) return;
        await new Promise<void>((resolve) => void this.timers.after(waitMs, resolve));
      }
    }
    for (const tracker of trackers) tracker.delivery.ack();
  }
}
