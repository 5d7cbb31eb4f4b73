import type { UsageBatchValue } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { intakeTopic, partitionOf } from '@tollkeeper/nest-kit';
import { type Bus, BusFull, type BusMessage, type Topic } from '@tollkeeper/ports';
import type { UsageIntake } from './usage-intake.js';

/**
 * Makes a batch durable on the bus. The usage goes first and what the edge decided after it: a batch that was cut short by a
 * crash or a full log was never answered with 2xx, and then nothing waits for parts that do not exist.
 */
export class UsagePublisher {
  constructor(
    private readonly bus: Bus,
    readonly topic: Topic<UsageBatchValue>,
  ) {}

  /** @throws Problem unavailable when the bus takes nothing more now */
  async publish(intake: UsageIntake): Promise<void> {
    const batches = intake.batches();
    const { tenantId, receiptId } = intake.source;
    const messages = new Map<number, BusMessage<UsageBatchValue>[]>();
    for (const { partition, batch } of batches) {
      const message = { id: `${receiptId}/${batch.part}`, value: batch };
      const found = messages.get(partition);
      if (found) found.push(message);
      else messages.set(partition, [message]);
    }
    const outcomes = intake.edgeOutcomes(batches).map((value) => ({ id: `${receiptId}/${value.part}`, value }));
    try {
      await Promise.all([...messages].map(([partition, of]) => this.bus.publish(this.topic, partition, of)));
      await this.bus.publish(intakeTopic, partitionOf(tenantId, intakeTopic.partitions), outcomes);
    } catch (error) {
      if (!(error instanceof BusFull)) throw error;
      const why = error.lacks === 'storage' ? 'The platform cannot write its log now; its disk may be full' : 'More usage is waiting than can be kept';
      throw new Problem('unavailable', `${why}. Nothing of this batch counts until it is sent again.`, { retryAfterS: error.retryAfterS });
    }
  }
}
