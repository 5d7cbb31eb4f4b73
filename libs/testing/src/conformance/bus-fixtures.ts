import type { Bus, BusMessage, Delivery, SubscribeOptions, Subscription, Topic } from '@tollkeeper/ports';
import type { StorageFixture } from './storage-fixture.js';

/** The bus that a scenario plays on, and its storage. */
export interface BusStage {
  readonly storage: StorageFixture<Bus>;
  bus: Bus;
  reopen(): Promise<void>;
}

export interface Note {
  readonly text: string;
}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

export function noteTopic(name: string, partitions: number): Topic<Note> {
  return {
    name,
    partitions,
    encode: (note) => utf8.encode(JSON.stringify(note)),
    decode: (bytes) => JSON.parse(fromUtf8.decode(bytes)) as Note,
  };
}

export function note(text: string): BusMessage<Note> {
  return { id: `id of ${text}`, value: { text } };
}

export function notes(prefix: string, count: number): BusMessage<Note>[] {
  return Array.from({ length: count }, (_, i) => note(`${prefix} ${i}`));
}

const pollMs = 2;
const patienceMs = 10_000;

/** Waits until something becomes true; tests ask for it instead of for a time. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Long enough for something wrong to happen, where nothing may. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A consumer that remembers what it was given. */
export class Listener {
  readonly deliveries: Delivery<Note>[] = [];
  readonly subscription: Subscription;

  constructor(bus: Bus, topic: Topic<Note>, options: Partial<SubscribeOptions> = {}, onDelivery?: (delivery: Delivery<Note>) => void) {
    this.subscription = bus.subscribe(topic, { group: 'group', maxInFlight: 10_000, ...options }, (deliveries) => {
      for (const delivery of deliveries) {
        this.deliveries.push(delivery);
        (onDelivery ?? ((done) => done.ack()))(delivery);
      }
    });
  }

  get texts(): string[] {
    return this.deliveries.map((delivery) => delivery.value.text);
  }

  textsOf(partition: number): string[] {
    return this.deliveries.filter((delivery) => delivery.partition === partition).map((delivery) => delivery.value.text);
  }

  async has(count: number): Promise<void> {
    await until(() => this.deliveries.length >= count, `${count} messages arrived, ${this.deliveries.length} did`);
  }
}

export function withoutAck(): void {
  return undefined;
}
