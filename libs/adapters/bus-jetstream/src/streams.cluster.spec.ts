import { jetstreamManager, RetentionPolicy, type StreamState } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Delivery, Subscription, Topic } from '@tollkeeper/ports';
import { type NatsServer, startNatsServer } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamBus, type JetStreamBusOptions } from './jet-stream-bus.js';
import { StreamUnfit } from './failures.js';

let folder: string;
let server: NatsServer;
let operator: NatsConnection;
let prefix = '';
let fixtures = 0;
const buses: JetStreamBus[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-streams-'));
  server = await startNatsServer({ folder });
  operator = await connect({ servers: server.address });
});

afterAll(async () => {
  await operator.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  prefix = `streams-${++fixtures}`;
});

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
});

async function open(options: Partial<JetStreamBusOptions> = {}): Promise<JetStreamBus> {
  const bus = await JetStreamBus.open({ servers: server.address, prefix, ackWaitMs: 2_000, ...options });
  buses.push(bus);
  return bus;
}

function topicOf(partitions: number): Topic<string> {
  return {
    name: 'notes',
    partitions,
    encode: (text) => new TextEncoder().encode(text),
    decode: (bytes) => new TextDecoder().decode(bytes),
  };
}

async function state(): Promise<StreamState> {
  const manager = await jetstreamManager(operator);
  return (await manager.streams.info(`${prefix}-notes`)).state;
}

const mostLooks = 500;

/** Patience counts looks, not time: a machine that stands still for a while is no failure. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let looks = 0; !(await condition()); looks++) {
    if (looks > mostLooks) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function fill(bus: JetStreamBus, topic: Topic<string>, count: number, partition?: number): Promise<void> {
  const text = 'x'.repeat(10_000);
  for (let i = 0; i < count; i++) await bus.publish(topic, partition ?? i % topic.partitions, [{ id: `${i}`, value: text }]);
}

/** Acknowledges everything but what `holds` says; gives what it was given. */
function consume(bus: JetStreamBus, topic: Topic<string>, group: string, holds: (delivery: Delivery<string>) => boolean = () => false): Delivery<string>[] & { subscription: Subscription } {
  const seen: Delivery<string>[] = [];
  const subscription = bus.subscribe(topic, { group, maxInFlight: 1_000 }, (deliveries) => {
    seen.push(...deliveries);
    for (const delivery of deliveries) if (!holds(delivery)) delivery.ack();
  });
  return Object.assign(seen, { subscription });
}

describe('what is done with', () => {
  it('stays while there is much room, for groups that come later, and goes when a quarter is full', async () => {
    const topic = topicOf(4);
    const bus = await open({ maxBacklogBytes: 1 << 20, trimEveryMs: 100 });
    consume(bus, topic, 'first');
    await fill(bus, topic, 20);
    await until(async () => (await bus.lag(topic, 'first')) === 0, 'the first group has everything');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await state()).messages).toBe(20);
    const later = consume(bus, topic, 'later');
    await until(() => later.length === 20, 'the later group has everything');
    await fill(bus, topic, 20);
    await until(async () => later.length === 40 && (await state()).bytes <= 1 << 18, 'what was above a quarter was deleted');
  });

  it('goes only as far as the slowest group is', async () => {
    const topic = topicOf(2);
    const bus = await open({ maxBacklogBytes: 1 << 20, trimEveryMs: 100 });
    consume(bus, topic, 'slow', ({ id }) => id === '7');
    consume(bus, topic, 'quick');
    await fill(bus, topic, 40);
    await until(async () => (await bus.lag(topic, 'quick')) === 0 && (await bus.lag(topic, 'slow')) === 1, 'only one is left');
    await until(async () => (await state()).first_seq === 8, 'everything before it was deleted');
    expect((await state()).messages).toBeGreaterThanOrEqual(17);
  });

  it('goes behind a partition that does not get on, when room is needed', async () => {
    const topic = topicOf(4);
    const bus = await open({ maxBacklogBytes: 1 << 20, trimEveryMs: 60_000 });
    consume(bus, topic, 'group', ({ partition }) => partition === 2);
    await fill(bus, topic, 10, 2);
    for (let round = 0; round < 4; round++) {
      await fill(bus, topic, 80, 0);
      await until(async () => (await bus.lag(topic, 'group')) === 10, 'only the stuck partition is left');
    }
    expect((await state()).first_seq).toBe(1);
  });

  it('is all kept while the topic has no group', async () => {
    const topic = topicOf(1);
    const bus = await open({ maxBacklogBytes: 1 << 18 });
    await fill(bus, topic, 20);
    await expect(fill(bus, topic, 20)).rejects.toMatchObject({ name: 'BusFull', lacks: 'backlog' });
    const seen = consume(bus, topic, 'first');
    await until(async () => seen.length >= 20 && (await bus.lag(topic, 'first')) === 0, 'the first group has everything');
    await fill(bus, topic, 20);
  });
});

describe('streams and consumers', () => {
  it('take in what is left of a topic that has fewer partitions now', async () => {
    const before = await open();
    await before.prepare(topicOf(4), ['group']);
    await fill(before, topicOf(4), 8);
    await before.close();
    const after = await open();
    const seen = consume(after, topicOf(2), 'group');
    await until(() => seen.length === 8, 'everything was delivered');
    expect(new Set(seen.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
  });

  it('are adapted to changed settings, with what they hold', async () => {
    const topic = topicOf(2);
    await (await open({ maxBacklogBytes: 1 << 20, ackWaitMs: 2_000 })).prepare(topic, ['group']);
    const bus = await open({ maxBacklogBytes: 2 << 20, ackWaitMs: 3_000 });
    await fill(bus, topic, 5);
    await bus.prepare(topic, ['group']);
    const manager = await jetstreamManager(operator);
    expect((await manager.streams.info(`${prefix}-notes`)).config.max_bytes).toBe(2 << 20);
    expect((await manager.consumers.info(`${prefix}-notes`, 'group-1')).config.ack_wait).toBe(3_000 * 1e6);
    expect(await bus.lag(topic, 'group')).toBe(5);
  });

  it('of another kind are refused, and left as they are', async () => {
    const manager = await jetstreamManager(operator);
    await manager.streams.add({ name: `${prefix}-notes`, subjects: [`${prefix}.log.notes.*`], retention: RetentionPolicy.Workqueue });
    const faults: unknown[] = [];
    const bus = await open({ onFault: (fault) => faults.push(fault) });
    await expect(bus.publish(topicOf(1), 0, [{ id: 'a', value: 'a' }])).rejects.toThrow(/keeps messages by workqueue/);
    consume(bus, topicOf(1), 'group');
    await until(() => faults.some((fault) => fault instanceof StreamUnfit), 'the operator was told');
    expect((await manager.streams.info(`${prefix}-notes`)).config.retention).toBe(RetentionPolicy.Workqueue);
  });

  it('refuse names that would reach into others', async () => {
    const bus = await open();
    await expect(bus.publish({ ...topicOf(1), name: 'a.*' }, 0, [{ id: 'a', value: 'a' }])).rejects.toThrow(/cannot name a topic/);
    expect(() => bus.subscribe(topicOf(1), { group: 'a.b', maxInFlight: 1 }, () => undefined)).toThrow(/cannot name a group/);
  });
});

describe('the partitions of a group', () => {
  it('wait for the member that holds them, and are taken over when it is silent', async () => {
    const topic = topicOf(4);
    const bus = await open();
    await fill(bus, topic, 8);
    const members = `${prefix}.members.notes.group`;
    const ghost = JSON.stringify({ member: 'ghost', wants: [0, 1, 2, 3], holds: [0, 1, 2, 3] });
    const heartbeat = setInterval(() => operator.publish(members, ghost), 50);
    operator.publish(members, 'no announcement');
    const seen = consume(bus, topic, 'group');
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(seen).toHaveLength(0);
    } finally {
      clearInterval(heartbeat);
    }
    await until(() => seen.length === 8, 'everything was delivered');
  });
});
