import type { Clock, Instant } from '@tollkeeper/kernel';
import type { Bus, BusMessage, Delivery, SubscribeOptions, Subscription, Topic } from '@tollkeeper/ports';

/** A batch that is worked on for so long is stuck: its consumer takes nothing more. */
const stuckAfterMs = 120_000;

interface Consumer {
  readonly name: string;
  /** When the oldest batch under way was handed out. */
  since: Instant | undefined;
}

/** The bus, with an eye on this process's consumers: readiness tells of one that hangs. */
export class WatchedBus implements Bus {
  private readonly consumers = new Set<Consumer>();

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    return this.bus.publish(topic, partition, messages);
  }

  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: (deliveries: readonly Delivery<T>[]) => void | Promise<void>): Subscription {
    const consumer: Consumer = { name: `${topic.name}/${options.group}`, since: undefined };
    this.consumers.add(consumer);
    let running = 0;
    const subscription = this.bus.subscribe(topic, options, async (deliveries) => {
      running++;
      consumer.since ??= this.clock.now();
      try {
        await handler(deliveries);
      } finally {
        running--;
        consumer.since = running === 0 ? undefined : this.clock.now();
      }
    });
    return {
      stop: async () => {
        this.consumers.delete(consumer);
        await subscription.stop();
      },
    };
  }

  lag(topic: Topic<unknown>, group: string): Promise<number> {
    return this.bus.lag(topic, group);
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  /** @throws Error that names the consumers that hang */
  assertMoving(): void {
    const now = this.clock.now();
    const stuck = [...this.consumers].filter(({ since }) => since !== undefined && now - since >= stuckAfterMs);
    if (stuck.length > 0) throw new Error(`working on one batch for more than ${stuckAfterMs / 1000} s: ${stuck.map(({ name }) => name).join(', ')}`);
  }
}
