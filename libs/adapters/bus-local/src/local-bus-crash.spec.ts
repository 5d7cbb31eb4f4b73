import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataFolderInUse, DataFolderTooNew } from '@tollkeeper/data-folder';
import type { Delivery, Topic } from '@tollkeeper/ports';
import { runUntilKilled, seededRandom } from '@tollkeeper/testing';
import { appendFile, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalBus, type LocalBusOptions } from './local-bus.js';
import { LogDamaged } from './segment-recovery.js';

interface Counted {
  readonly partition: number;
  readonly number: number;
}

const program = fileURLToPath(new URL('../crash/publish-until-killed.mjs', import.meta.url));
const topic: Topic<Counted> = {
  name: 'crash',
  partitions: 4,
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Counted,
};

/** Everything that the bus still has for a group. */
async function remaining(bus: LocalBus, group: string): Promise<Delivery<Counted>[]> {
  const lag = await bus.lag(topic, group);
  const seen: Delivery<Counted>[] = [];
  await new Promise<void>((resolve) => {
    if (lag === 0) resolve();
    bus.subscribe(topic, { group, maxInFlight: 1_000_000 }, (deliveries) => {
      seen.push(...deliveries);
      if (seen.length >= lag) resolve();
    });
  });
  expect(seen).toHaveLength(lag);
  return seen;
}

function ids(lines: readonly string[], what: string): string[] {
  return lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
}

function expectInOrder(deliveries: readonly Delivery<Counted>[]): void {
  const last = new Map<string, number>();
  for (const { id, value } of deliveries) {
    const run = id.slice(0, id.lastIndexOf('/'));
    expect(value.number).toBeGreaterThan(last.get(run) ?? -1);
    last.set(run, value.number);
  }
}

async function segments(folder: string): Promise<string[]> {
  const log = join(folder, 'log');
  return (await readdir(log)).sort().map((name) => join(log, name));
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.of((byte[0] ?? 0) ^ 0xff), 0, 1, at);
  await file.close();
}

describe('bus of one process after a crash', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bus-crash-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('delivers everything that a killed process had published, unless it was done with', async () => {
    const random = seededRandom(3);
    const published = new Set<string>();
    const done = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const lines = await runUntilKilled([program, folder, String(round), '1000000'], 20 + random(120));
      for (const id of ids(lines, 'published')) published.add(id);
      for (const id of ids(lines, 'done')) done.add(id);
      const bus = await LocalBus.open({ folder, segmentBytes: 64 << 10 });
      const left = await remaining(bus, 'half');
      expectInOrder(left);
      expect(left.every((delivery) => delivery.redelivered)).toBe(true);
      const delivered = new Set(left.map((delivery) => delivery.id));
      expect([...published].filter((id) => !delivered.has(id) && !done.has(id))).toEqual([]);
      await bus.close();
    }
    expect(published.size).toBeGreaterThan(100);
  }, 60_000);

  it('cuts off a torn tail and goes on behind it', async () => {
    const random = seededRandom(9);
    const published = new Set<string>();
    const done = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const lines = await runUntilKilled([program, folder, String(round), '1000000'], 60);
      for (const id of ids(lines, 'published')) published.add(id);
      for (const id of ids(lines, 'done')) done.add(id);
      const last = (await segments(folder)).at(-1) ?? '';
      await appendFile(last, Buffer.from(Array.from({ length: 1 + random(500) }, () => random(256))));
    }
    const bus = await LocalBus.open({ folder });
    const delivered = new Set((await remaining(bus, 'half')).map((delivery) => delivery.id));
    expect([...published].filter((id) => !delivered.has(id) && !done.has(id))).toEqual([]);
    await bus.close();
  }, 60_000);

  it('refuses publications that it cannot write, and goes on in another file', async () => {
    const lines = await runUntilKilled([program, folder, '0', '8000', '65536'], 30_000, { fileLimitKiB: 512 });
    expect(Number(ids(lines, 'refused')[0])).toBeGreaterThan(0);
    expect((await segments(folder)).length).toBeGreaterThan(1);
    const bus = await LocalBus.open({ folder });
    const delivered = new Set((await remaining(bus, 'half')).map((delivery) => delivery.id));
    const done = new Set(ids(lines, 'done'));
    expect(ids(lines, 'published').filter((id) => !delivered.has(id) && !done.has(id))).toEqual([]);
    await bus.close();
  }, 60_000);
});

describe('log of the bus of one process', () => {
  let folder: string;
  const options = (more: Partial<LocalBusOptions> = {}): LocalBusOptions => ({ folder, segmentBytes: 4 << 10, ...more });
  const filled = async (count: number): Promise<void> => {
    const bus = await LocalBus.open(options());
    await bus.subscribe(topic, { group: 'slow', maxInFlight: 1 }, () => undefined).stop();
    for (let number = 0; number < count; number++) await bus.publish(topic, 0, [{ id: `${number}`, value: { partition: 0, number } }]);
    await bus.close();
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bus-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([0, 1])('refuses to open when acknowledged messages are damaged in segment %i, unless the loss is accepted', async (which) => {
    await filled(100);
    const damaged = (await segments(folder))[which] ?? '';
    await flipByte(damaged, 1000);
    await expect(LocalBus.open(options())).rejects.toThrow(LogDamaged);
    await expect(LocalBus.open(options())).rejects.toThrow(/acknowledged messages in bytes \d+ to \d+ cannot be read/);
    const faults: unknown[] = [];
    const bus = await LocalBus.open(options({ acceptDamage: true, onFault: (fault) => faults.push(fault) }));
    expect(faults).toHaveLength(1);
    expect(await remaining(bus, 'slow')).toHaveLength(99);
    await bus.close();
    const again = await LocalBus.open(options());
    expect(await again.lag(topic, 'slow')).toBe(99);
    await again.close();
  });

  it('refuses to open when the end of what it had acknowledged is gone, and never gives a place twice', async () => {
    await filled(100);
    const last = (await segments(folder)).at(-1) ?? '';
    await truncate(last, (await stat(last)).size - 10);
    await expect(LocalBus.open(options())).rejects.toThrow(/had been written up to/);
    const bus = await LocalBus.open(options({ acceptDamage: true }));
    await bus.publish(topic, 0, [{ id: 'new', value: { partition: 0, number: 100 } }]);
    const left = await remaining(bus, 'slow');
    expect(left).toHaveLength(100);
    expect(left.at(-1)?.id).toBe('new');
    await bus.close();
  });

  it('tells of damage found while it runs, and does not skip it', async () => {
    await filled(100);
    const faults: unknown[] = [];
    const bus = await LocalBus.open(options({ onFault: (fault) => faults.push(fault) }));
    await flipByte((await segments(folder))[0] ?? '', 1000);
    const seen: string[] = [];
    bus.subscribe(topic, { group: 'slow', maxInFlight: 1000 }, (deliveries) => {
      seen.push(...deliveries.map((delivery) => delivery.id));
    });
    for (let waited = 0; faults.length === 0 && waited < 2000; waited++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(faults[0]).toBeInstanceOf(LogDamaged);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => `${i}`));
    expect(seen.length).toBeLessThan(100);
    await bus.close();
  });

  it('deletes segments that every group is done with', async () => {
    await filled(200);
    const before = (await segments(folder)).length;
    const bus = await LocalBus.open(options());
    for (const delivery of await remaining(bus, 'slow')) delivery.ack();
    await bus.close();
    expect(before).toBeGreaterThan(3);
    expect(await segments(folder)).toHaveLength(1);
  });

  it('refuses a folder in use, and one that a newer release wrote', async () => {
    const bus = await LocalBus.open(options());
    await expect(LocalBus.open(options())).rejects.toThrow(DataFolderInUse);
    await bus.close();
    await writeFile(join(folder, 'format.json'), '{"content":"bus","version":2}');
    await expect(LocalBus.open(options())).rejects.toThrow(DataFolderTooNew);
  });

  it('reads from the log for a consumer that is behind, instead of keeping values for it', async () => {
    const bus = await LocalBus.open(options({ maxReadyBytes: 10_000 }));
    const seen: Delivery<Counted>[] = [];
    bus.subscribe(topic, { group: 'behind', maxInFlight: 1 }, (deliveries) => {
      seen.push(...deliveries);
    });
    const values = Array.from({ length: 500 }, (_, number) => ({ partition: 0, number }));
    for (const value of values) await bus.publish(topic, 0, [{ id: `${value.number}`, value }]);
    for (let i = 0; i < values.length; i++) {
      while (seen.length <= i) await new Promise((resolve) => setImmediate(resolve));
      seen[i]?.ack();
    }
    expect(seen.map(({ value }) => value)).toEqual(values);
    expect(seen.filter(({ value }, i) => value === values[i]).length).toBeLessThan(100);
    expect(await bus.lag(topic, 'behind')).toBe(0);
    await bus.close();
  });

  it('hands out the published object itself to a consumer that keeps up', async () => {
    const bus = await LocalBus.open(options());
    const value = { partition: 0, number: 1 };
    const received = new Promise<Counted>((resolve) => {
      bus.subscribe(topic, { group: 'quick', maxInFlight: 1 }, ([delivery]) => delivery && resolve(delivery.value));
    });
    await bus.publish(topic, 0, [{ id: 'one', value }]);
    expect(await received).toBe(value);
    await bus.close();
  });
});
