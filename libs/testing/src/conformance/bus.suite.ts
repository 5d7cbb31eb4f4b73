import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BusFull, type Bus, type Delivery } from '@tollkeeper/ports';
import { Listener, note, notes, noteTopic, settled, until, withoutAck, type Note } from './bus-fixtures.js';
import type { StorageFixture } from './storage-fixture.js';

export interface BusLimits {
  /** Bytes of messages that may wait for their consumers, about. */
  readonly maxBacklogBytes: number;
}

type FreshBus = (limits: BusLimits) => Promise<StorageFixture<Bus>>;

interface Stage {
  readonly storage: StorageFixture<Bus>;
  bus: Bus;
  reopen(): Promise<void>;
}

/** What every bus promises; `fresh` makes an empty one. */
export function busSuite(name: string, fresh: FreshBus): void {
  describe(`bus: ${name}`, () => {
    let stage: Stage;
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

function delivering(stage: () => Stage): void {
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

function redelivering(stage: () => Stage): void {
  it('delivers again what is to be tried again, not before its delay', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    let firstAt = 0;
    let againAt = 0;
    const listener = new Listener(bus, topic, {}, (delivery) => {
      if (delivery.value.text !== 'n 1' || delivery.redelivered) {
        if (delivery.redelivered) againAt = performance.now();
        return delivery.ack();
      }
      firstAt = performance.now();
      delivery.retry(60);
    });
    await bus.publish(topic, 0, notes('n', 3));
    await listener.has(4);
    expect(listener.texts).toEqual(['n 0', 'n 1', 'n 2', 'n 1']);
    expect(listener.deliveries[3]?.redelivered).toBe(true);
    expect(againAt - firstAt).toBeGreaterThanOrEqual(55);
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
  });

  it('gives a handler that throws, or rejects, the batch again', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    let failures = 0;
    const seen: Delivery<Note>[] = [];
    bus.subscribe(topic, { group: 'group', maxInFlight: 100 }, (deliveries) => {
      seen.push(...deliveries);
      if (failures++ === 0) throw new Error('first time');
      if (failures === 2) return Promise.reject(new Error('second time'));
      for (const delivery of deliveries) delivery.ack();
      return Promise.resolve();
    });
    await bus.publish(topic, 0, notes('n', 5));
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    expect(seen).toHaveLength(15);
    expect(seen.slice(5).every((delivery) => delivery.redelivered)).toBe(true);
  });

  it('does not give again what a handler had acknowledged before it threw', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const seen: string[] = [];
    bus.subscribe(topic, { group: 'group', maxInFlight: 100 }, ([first, ...rest]) => {
      seen.push(...[first, ...rest].map((delivery) => delivery?.value.text ?? ''));
      first?.ack();
      if (rest.length > 0) throw new Error('after the first');
    });
    await bus.publish(topic, 0, notes('n', 2));
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    expect(seen).toEqual(['n 0', 'n 1', 'n 1']);
  });

  it('takes two acknowledgements of one delivery for one', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const listener = new Listener(bus, topic, { maxInFlight: 2 }, (delivery) => {
      delivery.ack();
      delivery.ack();
      delivery.retry(0);
    });
    await bus.publish(topic, 0, notes('n', 20));
    await listener.has(20);
    await settled();
    expect(listener.deliveries).toHaveLength(20);
    expect(await bus.lag(topic, 'group')).toBe(0);
  });

  it('runs one handler of a subscription at a time', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 4);
    let running = 0;
    let most = 0;
    let done = 0;
    bus.subscribe(topic, { group: 'group', maxInFlight: 5 }, async (deliveries) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      done += deliveries.length;
      for (const delivery of deliveries) delivery.ack();
    });
    await Promise.all([0, 1, 2, 3].map((partition) => bus.publish(topic, partition, notes('n', 20))));
    await until(() => done === 80, 'all were handled');
    expect(most).toBe(1);
  });
}

function grouping(stage: () => Stage): void {
  it('gives every group all messages, each at its own pace', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 2);
    const quick = new Listener(bus, topic, { group: 'quick' });
    const stuck = new Listener(bus, topic, { group: 'stuck', maxInFlight: 1 }, withoutAck);
    await bus.publish(topic, 0, notes('a', 40));
    await bus.publish(topic, 1, notes('b', 40));
    await quick.has(80);
    await stuck.has(1);
    await settled();
    expect(stuck.deliveries).toHaveLength(1);
    expect(await bus.lag(topic, 'quick')).toBe(0);
    expect(await bus.lag(topic, 'stuck')).toBe(80);
    for (let i = 0; i < 80; i++) {
      await stuck.has(i + 1);
      stuck.deliveries[i]?.ack();
    }
    expect(new Set(stuck.texts)).toEqual(new Set(quick.texts));
  });

  it('gives the consumers of one group each message once', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 4);
    const left = new Listener(bus, topic, { partitions: [0, 1] });
    const right = new Listener(bus, topic, { partitions: [2, 3] });
    const rival = new Listener(bus, topic, { partitions: [0, 1, 2, 3] });
    for (let partition = 0; partition < 4; partition++) await bus.publish(topic, partition, notes(`${partition}`, 25));
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    const all = [...left.texts, ...right.texts, ...rival.texts];
    expect(all).toHaveLength(100);
    expect(new Set(all).size).toBe(100);
    expect(left.deliveries.every((delivery) => delivery.partition <= 1)).toBe(true);
    expect(right.deliveries.every((delivery) => delivery.partition >= 2)).toBe(true);
  });

  it('keeps the messages of partitions that nobody of a known group wants', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 2);
    const first = new Listener(bus, topic, { partitions: [0] });
    await bus.publish(topic, 0, notes('a', 10));
    await bus.publish(topic, 1, notes('b', 10));
    await first.has(10);
    expect(await bus.lag(topic, 'group')).toBe(10);
    const second = new Listener(bus, topic, { partitions: [1] });
    await second.has(10);
    expect(second.texts).toEqual(notes('b', 10).map((message) => message.value.text));
  });

  it('hands out nothing after a stop, and what was not acknowledged to the next consumer', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const first = new Listener(bus, topic, { maxInFlight: 4 }, withoutAck);
    await bus.publish(topic, 0, notes('n', 10));
    await first.has(4);
    first.deliveries[1]?.ack();
    await first.subscription.stop();
    await bus.publish(topic, 0, notes('m', 2));
    const held = first.deliveries.length;
    const second = new Listener(bus, topic);
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    expect(first.deliveries).toHaveLength(held);
    const acknowledged = 'n 1';
    expect([...second.texts, acknowledged].sort()).toEqual([...notes('n', 10), ...notes('m', 2)].map((message) => message.value.text).sort());
    expect(second.deliveries.find((delivery) => delivery.value.text === 'n 0')?.redelivered).toBe(true);
  });

  it('waits with the stop for a handler that runs', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    let running = false;
    const subscription = bus.subscribe(topic, { group: 'group', maxInFlight: 10 }, async (deliveries) => {
      running = true;
      await new Promise((resolve) => setTimeout(resolve, 30));
      for (const delivery of deliveries) delivery.ack();
      running = false;
    });
    await bus.publish(topic, 0, [note('n')]);
    await until(() => running, 'the handler ran');
    await subscription.stop();
    expect(running).toBe(false);
    expect(await bus.lag(topic, 'group')).toBe(0);
  });
}

function holdingBack(stage: () => Stage): void {
  it('never hands out more than maxInFlight messages that are not acknowledged', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 4);
    let open = 0;
    let most = 0;
    let handled = 0;
    bus.subscribe(topic, { group: 'group', maxInFlight: 7 }, (deliveries) => {
      open += deliveries.length;
      most = Math.max(most, open);
      for (const delivery of deliveries) {
        setImmediate(() => {
          open--;
          handled++;
          delivery.ack();
        });
      }
    });
    await Promise.all([0, 1, 2, 3].map((partition) => bus.publish(topic, partition, notes(`${partition}`, 100))));
    await until(() => handled === 400, 'all were handled');
    expect(most).toBeLessThanOrEqual(7);
  });

  it('refuses publications when consumers are too far behind, and takes them again when they have caught up', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const listener = new Listener(bus, topic, { maxInFlight: 1 }, withoutAck);
    const large = 'x'.repeat(100_000);
    let kept = 0;
    const fill = async (): Promise<void> => {
      for (; kept < 400; kept++) await bus.publish(topic, 0, [note(`${kept} ${large}`)]);
    };
    const refusal: unknown = await fill().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BusFull);
    if (refusal instanceof BusFull) expect(refusal.retryAfterS).toBeGreaterThan(0);
    expect(kept).toBeGreaterThan(10);
    for (let i = 0; i < kept; i++) {
      await listener.has(i + 1);
      listener.deliveries[i]?.ack();
    }
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    await bus.publish(topic, 0, [note('there is room again')]);
    await listener.has(kept + 1);
    expect(listener.texts.slice(0, kept).map((text) => Number(text.split(' ')[0]))).toEqual(Array.from({ length: kept }, (_, i) => i));
  });

  it('refuses many publications at once no later than it does one by one', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const listener = new Listener(bus, topic, { maxInFlight: 1 }, withoutAck);
    const large = 'x'.repeat(100_000);
    const results = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => bus.publish(topic, 0, [note(`${i} ${large}`)])));
    expect(results.some((result) => result.status === 'rejected')).toBe(true);
    const kept = results.filter((result) => result.status === 'fulfilled').length;
    expect(kept * large.length).toBeLessThanOrEqual(5 << 20);
    await listener.has(1);
  });

  it('counts the lag of a group message by message', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 2);
    expect(await bus.lag(topic, 'group')).toBe(0);
    const listener = new Listener(bus, topic, {}, withoutAck);
    await bus.publish(topic, 0, notes('a', 5));
    await bus.publish(topic, 1, notes('b', 5));
    await listener.has(10);
    expect(await bus.lag(topic, 'group')).toBe(10);
    for (const delivery of listener.deliveries.slice(0, 4)) delivery.ack();
    await until(async () => (await bus.lag(topic, 'group')) === 6, 'the lag was 6');
  });
}

function restarting(stage: () => Stage): void {
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
