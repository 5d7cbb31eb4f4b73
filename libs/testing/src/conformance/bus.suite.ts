import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Bus } from '@tollkeeper/ports';
import { grouping } from './bus-groups.scenarios.js';
import { holdingBack } from './bus-back-pressure.scenarios.js';
import { redelivering } from './bus-redelivery.scenarios.js';
import { Listener, note, notes, noteTopic, settled, withoutAck, type BusStage } from './bus-fixtures.js';
import type { StorageFixture } from './storage-fixture.js';

export interface BusLimits {
  /** Bytes of messages that may wait for their consumers, about. */
  readonly maxBacklogBytes: number;
}

type FreshBus = (limits: BusLimits) => Promise<StorageFixture<Bus>>;

/** What every bus promises; `fresh` makes an empty one. */
export function busSuite(name: string, fresh: FreshBus): void {
  describe(`bus: ${name}`, () => {
    let stage: BusStage;
    beforeEach(async () => {
      const storage = await fresh({ maxBacklogBytes: 4 << 20 });
      stage = {
        storage,
        bus: await storage.open(),
        async reopen() {
          await stage.bus.close();
          stage.bus = await storage.open();
        },
      };
    });
    afterEach(() => stage.storage.dispose());

    delivering(() => stage);
    redelivering(() => stage);
    grouping(() => stage);
    holdingBack(() => stage);
    restarting(() => stage);
  });
}

function delivering(stage: () => BusStage): void {
  it('delivers what is published, with partition, id, headers and value', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 4);
    const listener = new Listener(bus, topic);
    await bus.publish(topic, 3, [{ ...note('hello'), headers: { traceparent: '00-ab-cd-01' } }, note('wörld 😀')]);
    await listener.has(2);
    expect(listener.deliveries[0]).toMatchObject({ id: 'id of hello', partition: 3, redelivered: false, headers: { traceparent: '00-ab-cd-01' } });
    expect(listener.texts).toEqual(['hello', 'wörld 😀']);
    expect(listener.deliveries[1]?.headers).toBeUndefined();
  });

  it('delivers what was published before the first subscription', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 2);
    await bus.publish(topic, 0, notes('early', 30));
    const listener = new Listener(bus, topic);
    await bus.publish(topic, 0, notes('late', 30));
    await listener.has(60);
    expect(listener.texts).toEqual([...notes('early', 30), ...notes('late', 30)].map((message) => message.value.text));
  });

  it('keeps the order within each partition while many publish at once', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 8);
    const listener = new Listener(bus, topic, { maxInFlight: 50 });
    const publish = async (partition: number): Promise<void> => {
      for (let i = 0; i < 20; i++) await bus.publish(topic, partition, notes(`${partition}.${i}`, 5));
    };
    await Promise.all(Array.from({ length: 8 }, (_, partition) => publish(partition)));
    await listener.has(800);
    for (let partition = 0; partition < 8; partition++) {
      const expected = Array.from({ length: 20 }, (_, i) => notes(`${partition}.${i}`, 5)).flat();
      expect(listener.textsOf(partition)).toEqual(expected.map((message) => message.value.text));
    }
  });

  it('keeps topics apart', async () => {
    const { bus } = stage();
    const [one, two] = [noteTopic('one', 1), noteTopic('two', 1)];
    const listeners = [new Listener(bus, one), new Listener(bus, two)] as const;
    await Promise.all([bus.publish(one, 0, [note('for one')]), bus.publish(two, 0, [note('for two')])]);
    await Promise.all(listeners.map((listener) => listener.has(1)));
    await settled();
    expect(listeners.map((listener) => listener.texts)).toEqual([['for one'], ['for two']]);
  });

  it('takes many publications at once and messages of any size', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const listener = new Listener(bus, topic);
    const sizes = [0, 1, 100, 70_000, 1_500_000];
    await Promise.all(sizes.map((size) => bus.publish(topic, 0, [note('x'.repeat(size))])));
    await Promise.all(Array.from({ length: 200 }, (_, i) => bus.publish(topic, 0, [note(`${i}`)])));
    await listener.has(205);
    expect(listener.texts.map((text) => text.length).slice(0, 5)).toEqual(sizes);
    expect(new Set(listener.texts.slice(5)).size).toBe(200);
  });

  it('takes an empty publication, and refuses a partition that the topic does not have', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 2);
    await bus.publish(topic, 0, []);
    await expect(bus.publish(topic, 2, [note('nowhere')])).rejects.toThrow(/notes has no partition 2/);
  });
}

function restarting(stage: () => BusStage): void {
  it('delivers after a restart what was not acknowledged, and nothing that was', async () => {
    const current = stage();
    const topic = noteTopic('notes', 3);
    const first = new Listener(current.bus, topic, { maxInFlight: 6 }, withoutAck);
    for (let partition = 0; partition < 3; partition++) await current.bus.publish(topic, partition, notes(`${partition}`, 10));
    await first.has(6);
    const [, second, , fourth] = first.deliveries;
    second?.ack();
    fourth?.ack();
    const acknowledged = [second?.value.text, fourth?.value.text];
    await current.reopen();
    expect(await current.bus.lag(topic, 'group')).toBe(28);
    const again = new Listener(current.bus, topic);
    await again.has(28);
    await settled();
    const all = [0, 1, 2].flatMap((partition) => notes(`${partition}`, 10).map((message) => message.value.text));
    expect([...again.texts].sort()).toEqual(all.filter((text) => !acknowledged.includes(text)).sort());
    const undone = again.deliveries.filter((delivery) => first.texts.includes(delivery.value.text));
    expect(undone.every((delivery) => delivery.redelivered)).toBe(true);
    await current.reopen();
    const nothing = new Listener(current.bus, topic);
    await settled();
    expect(nothing.texts).toEqual([]);
  });

  it('goes on behind the old messages after a restart', async () => {
    const current = stage();
    const topic = noteTopic('notes', 1);
    const before = new Listener(current.bus, topic);
    await current.bus.publish(topic, 0, notes('before', 5));
    await before.has(5);
    await current.reopen();
    const after = new Listener(current.bus, topic);
    await current.bus.publish(topic, 0, notes('after', 5));
    await after.has(5);
    await settled();
    expect(after.texts).toEqual(notes('after', 5).map((message) => message.value.text));
  });

  it('loses nothing that it acknowledged when it ends without a word', async () => {
    const current = stage();
    if (!current.storage.crash) return;
    const topic = noteTopic('notes', 2);
    const before = new Listener(current.bus, topic, { maxInFlight: 3 }, withoutAck);
    for (let i = 0; i < 20; i++) await current.bus.publish(topic, i % 2, notes(`${i}`, 3));
    await before.has(3);
    await current.storage.crash();
    current.bus = await current.storage.open();
    const after = new Listener(current.bus, topic);
    await after.has(60);
    await settled();
    expect(new Set(after.texts).size).toBe(60);
    expect(after.deliveries.filter(({ value }) => before.texts.includes(value.text)).every((delivery) => delivery.redelivered)).toBe(true);
  });
}
