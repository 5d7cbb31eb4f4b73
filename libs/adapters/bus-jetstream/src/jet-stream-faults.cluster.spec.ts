import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BusFull, type Delivery, StoreUnavailable, type Topic } from '@tollkeeper/ports';
import { type NatsServer, startNatsCluster, startNatsServer } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamBus, type JetStreamBusOptions } from './jet-stream-bus.js';

const topic: Topic<string> = {
  name: 'usage',
  partitions: 8,
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder().decode(bytes),
};

let folder: string;
let servers: readonly NatsServer[] = [];
const buses: JetStreamBus[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-faults-'));
});

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

async function open(options: Partial<JetStreamBusOptions> = {}): Promise<JetStreamBus> {
  const bus = await JetStreamBus.open({ servers: servers.map(({ address }) => address), ackWaitMs: 2_000, ...options });
  buses.push(bus);
  return bus;
}

const pollMs = 20;

/** Patience counts looks, not time: a machine that stands still for a while is no failure. */
async function until(condition: () => boolean | Promise<boolean>, what: string, patienceMs = 20_000): Promise<void> {
  for (let looks = patienceMs / pollMs; !(await condition()); looks--) {
    if (looks < 0) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await sleep(pollMs);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a consumer was given, by text, with how often. */
class Seen {
  readonly times = new Map<string, number>();
  readonly partitions = new Set<number>();

  add(delivery: Delivery<string>): void {
    this.times.set(delivery.value, (this.times.get(delivery.value) ?? 0) + 1);
    this.partitions.add(delivery.partition);
  }
}

function consume(bus: JetStreamBus, seen: Seen, group = 'rating'): void {
  bus.subscribe(topic, { group, maxInFlight: 100 }, (deliveries) => {
    for (const delivery of deliveries) {
      seen.add(delivery);
      delivery.ack();
    }
  });
}

/** Publishes one message after the other over all partitions, as callers do that try again; tells which were acknowledged. */
class Load {
  readonly acknowledged: string[] = [];
  readonly refusals: unknown[] = [];
  private running = true;
  private readonly done: Promise<void>;

  constructor(bus: JetStreamBus) {
    this.done = this.run(bus);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.done;
  }

  private async run(bus: JetStreamBus): Promise<void> {
    for (let i = 0; this.running; i++) {
      const texts = [0, 1, 2, 3].map((n) => `${i}.${n}`);
      const results = await Promise.allSettled(texts.map((text, n) => bus.publish(topic, (i + n) % topic.partitions, [{ id: text, value: text }])));
      for (const [n, result] of results.entries()) {
        if (result.status === 'fulfilled') this.acknowledged.push(texts[n] ?? '');
        else this.refusals.push(result.reason);
      }
      await sleep(5);
    }
  }
}

describe('JetStream that fails', () => {
  it('loses nothing acknowledged when the server is killed and comes back, and goes on by itself', async () => {
    servers = [await startNatsServer({ folder })];
    const bus = await open();
    const seen = new Seen();
    consume(bus, seen);
    const load = new Load(bus);
    await until(() => seen.times.size > 100, 'messages flow');
    for (let round = 0; round < 2; round++) {
      await servers[0]?.kill();
      await until(() => bus.trouble !== undefined, 'the loss was seen');
      await servers[0]?.restart();
      const before = seen.times.size;
      await until(() => seen.times.size > before + 100, 'messages flow again');
    }
    await load.stop();
    await until(() => load.acknowledged.every((text) => seen.times.has(text)), 'everything acknowledged was delivered');
    expect(load.refusals).toEqual([]);
    await until(async () => (await bus.lag(topic, 'rating')) === 0, 'everything was acknowledged');
  });

  it('refuses publications in time while there is no server, and takes them again later', async () => {
    servers = [await startNatsServer({ folder })];
    const bus = await open({ publishTimeoutMs: 1_000 });
    await bus.publish(topic, 0, [{ id: 'before', value: 'before' }]);
    await servers[0]?.kill();
    await expect(bus.publish(topic, 0, [{ id: 'without', value: 'without' }])).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(bus.lag(topic, 'rating')).rejects.toBeInstanceOf(StoreUnavailable);
    await servers[0]?.restart();
    await until(() => bus.trouble === undefined, 'the connection is back');
    await bus.publish(topic, 0, [{ id: 'after', value: 'after' }]);
    const seen = new Seen();
    consume(bus, seen);
    await until(() => seen.times.has('before') && seen.times.has('after'), 'both came');
  });

  it('does not wait for a server that hangs when it ends', async () => {
    servers = [await startNatsServer({ folder })];
    const bus = await open();
    const seen = new Seen();
    consume(bus, seen);
    await bus.publish(topic, 0, [{ id: 'a', value: 'a' }]);
    await until(() => seen.times.size === 1, 'it was delivered');
    servers[0]?.pause();
    const begun = performance.now();
    await bus.close();
    expect(performance.now() - begun).toBeLessThan(10_000);
    servers[0]?.resume();
  });

  it('shares the partitions among two replicas, each message to one of them, and hands all to one when the other ends', async () => {
    servers = [await startNatsServer({ folder })];
    const [publisher, left, right] = [await open(), await open(), await open()];
    const [one, other] = [new Seen(), new Seen()];
    consume(left, one);
    const load = new Load(publisher);
    await until(() => one.partitions.size === 8, 'the first replica has everything');
    consume(right, other);
    await until(() => other.partitions.size === 4, 'the second replica has its share');
    await sleep(500);
    [one.partitions, other.partitions].forEach((partitions) => partitions.clear());
    await until(() => one.partitions.size + other.partitions.size >= 8, 'every partition goes on');
    expect([...one.partitions].filter((partition) => other.partitions.has(partition))).toEqual([]);
    expect([one.partitions.size, other.partitions.size]).toEqual([4, 4]);
    await right.close();
    await until(() => one.partitions.size === 8, 'the first replica has everything again', 5_000);
    await load.stop();
    const times = (text: string): number => (one.times.get(text) ?? 0) + (other.times.get(text) ?? 0);
    await until(() => load.acknowledged.every((text) => times(text) > 0), 'everything was delivered');
    expect(load.acknowledged.filter((text) => times(text) > 1)).toEqual([]);
  });

  it('keeps what a consumer works on from the others, however long it takes', async () => {
    servers = [await startNatsServer({ folder })];
    const [bus, rival] = [await open({ ackWaitMs: 1_000 }), await open({ ackWaitMs: 1_000 })];
    const held: Delivery<string>[] = [];
    const elsewhere = new Seen();
    bus.subscribe(topic, { group: 'rating', maxInFlight: 100 }, (deliveries) => void held.push(...deliveries));
    for (let partition = 0; partition < 8; partition++) await bus.publish(topic, partition, [{ id: `${partition}`, value: `${partition}` }]);
    await until(() => held.length === 8, 'all are held');
    consume(rival, elsewhere);
    await sleep(3_500);
    expect(held.length + elsewhere.times.size).toBe(8);
    for (const delivery of held) delivery.ack();
    await until(async () => (await bus.lag(topic, 'rating')) === 0, 'everything was acknowledged');
  });

  it('refuses with BusFull when the stream is full, keeps what waits, and takes more when it was consumed', async () => {
    servers = [await startNatsServer({ folder })];
    const bus = await open({ maxBacklogBytes: 1 << 20 });
    await bus.prepare(topic, ['rating', 'slow']);
    const quick = new Seen();
    consume(bus, quick);
    const large = 'x'.repeat(10_000);
    const kept: string[] = [];
    const refusal: unknown = await (async () => {
      for (let i = 0; ; i++) {
        await bus.publish(topic, i % 8, [{ id: `${i}`, value: `${i} ${large}` }]);
        kept.push(`${i} ${large}`);
      }
    })().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BusFull);
    expect(refusal).toMatchObject({ lacks: 'backlog' });
    expect(kept.length).toBeGreaterThan(80);
    await until(() => quick.times.size === kept.length, 'the quick group has everything');
    await expect(bus.publish(topic, 0, [{ id: 'no', value: large }])).rejects.toBeInstanceOf(BusFull);
    const slow = new Seen();
    consume(bus, slow, 'slow');
    await until(async () => (await bus.lag(topic, 'slow')) === 0, 'the slow group has everything');
    expect([...slow.times.keys()].sort()).toEqual([...kept].sort());
    for (let i = 0; i < 90; i++) await bus.publish(topic, 0, [{ id: `again ${i}`, value: large }]);
  });

  it('calls storage that is used up by its name', async () => {
    servers = [await startNatsServer({ folder, maxFileStoreBytes: 4 << 20 })];
    const bus = await open({ maxBacklogBytes: 1 << 30 });
    const refusal: unknown = await bus.publish(topic, 0, [{ id: 'a', value: 'a' }]).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'BusFull', lacks: 'storage' });
  });

  it('puts a large message together again that was delivered in part, for another replica', async () => {
    servers = [await startNatsServer({ folder })];
    const [first, second] = [await open({ ackWaitMs: 1_000 }), await open({ ackWaitMs: 1_000 })];
    const large = Array.from({ length: 300_000 }, (_, i) => `${i};`).join('');
    let held = 0;
    const stopping = first.subscribe(topic, { group: 'rating', maxInFlight: 10 }, (deliveries) => void (held += deliveries.length));
    await first.publish(topic, 3, [
      { id: 'large', value: large },
      { id: 'small', value: 'small' },
    ]);
    await until(() => held === 2, 'the first replica has it');
    await stopping.stop();
    const seen = new Seen();
    consume(second, seen);
    await until(() => seen.times.has(large) && seen.times.has('small'), 'the second replica has it');
    await until(async () => (await second.lag(topic, 'rating')) === 0, 'everything was acknowledged');
  });
});

describe('a JetStream cluster of three', () => {
  it('loses nothing acknowledged, and goes on, when one node after the other is killed', async () => {
    servers = await startNatsCluster({ folder });
    const [bus, replica] = [await open({ replicas: 3 }), await open({ replicas: 3 })];
    const seen = new Seen();
    await bus.prepare(topic, ['rating']);
    consume(bus, seen);
    consume(replica, seen);
    const load = new Load(bus);
    await until(() => seen.times.size > 50, 'messages flow');
    for (const server of servers.slice(0, 2)) {
      await server.kill();
      const before = seen.times.size;
      await until(() => seen.times.size > before + 100, 'messages flow with two nodes', 40_000);
      await server.restart();
    }
    await load.stop();
    await until(() => load.acknowledged.every((text) => seen.times.has(text)), 'everything acknowledged was delivered', 40_000);
    await until(async () => (await bus.lag(topic, 'rating').catch(() => -1)) === 0, 'everything was acknowledged', 40_000);
  }, 180_000);

  it('leaves a node that hangs for the others', async () => {
    servers = await startNatsCluster({ folder });
    const bus = await open({ replicas: 3, servers: servers.map(({ address }) => address), connection: { noRandomize: true } });
    const seen = new Seen();
    consume(bus, seen);
    const load = new Load(bus);
    await until(() => seen.times.size > 50, 'messages flow');
    const [hanging] = servers;
    hanging?.pause();
    const before = seen.times.size;
    await until(() => seen.times.size > before + 100, 'messages flow with two nodes', 60_000);
    hanging?.resume();
    await load.stop();
    await until(() => load.acknowledged.every((text) => seen.times.has(text)), 'everything acknowledged was delivered', 40_000);
  }, 180_000);
});
