import { type Bus, BusFull, type BusMessage, type Delivery, StoreUnavailable, type SubscribeOptions, type Subscription, type Topic } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';
import type { BusDisk } from './bus-disk.js';
import type { BusGroup, Consumer } from './bus-group.js';

const unanswered = (): Error => new StoreUnavailable('the bus did not answer');

/** One process's way to the bus. */
export class SimBus implements Bus {
  private readonly joined: { readonly group: BusGroup; readonly consumer: Consumer }[] = [];

  constructor(
    private readonly process: SimProcess,
    private readonly disk: BusDisk,
  ) {}

  publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    const { chance, faults } = this.process.world;
    const untyped = topic as Topic<unknown>;
    // Encoded when it is asked for, as a wire would: what the publisher does to the value later does not count.
    const kept = messages.map((message) => ({ ...message, value: topic.decode(topic.encode(message.value)) }));
    return this.process.io('publish', `${topic.name}/${partition} ${messages.map(({ id }) => id).join(', ')}`, {
      apply: () => {
        if (faults.hits('busFull')) throw new BusFull(`${topic.name} takes nothing more now`, 1);
        this.disk.publish(untyped, partition, kept);
      },
      tear: () => this.disk.publish(untyped, partition, kept.slice(0, chance.below(kept.length + 1))),
      unanswered,
    });
  }

  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: (deliveries: readonly Delivery<T>[]) => void | Promise<void>): Subscription {
    const group = this.disk.group(topic as Topic<unknown>, options.group);
    const consumer = group.join(this.process, options, (deliveries) => handler(deliveries as readonly Delivery<T>[]));
    this.joined.push({ group, consumer });
    return { stop: () => stop(group, consumer) };
  }

  lag(topic: Topic<unknown>, group: string): Promise<number> {
    return this.process.io('lag', `${topic.name} ${group}`, { apply: () => this.disk.lag(topic, group), unanswered });
  }

  async close(): Promise<void> {
    await Promise.all(this.joined.map(({ group, consumer }) => stop(group, consumer)));
  }
}

/** The handler that runs may still acknowledge; then what is left goes back. */
async function stop(group: BusGroup, consumer: Consumer): Promise<void> {
  consumer.isStopped = true;
  if (consumer.isRunning) await new Promise<void>((resolve) => consumer.whenIdle.push(resolve));
  group.leave(consumer, 0);
}
