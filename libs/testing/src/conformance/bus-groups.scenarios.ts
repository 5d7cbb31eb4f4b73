import { expect, it } from '@jest/globals';
import { Listener, note, notes, noteTopic, settled, until, withoutAck, type BusStage } from './bus-fixtures.js';

export function grouping(stage: () => BusStage): void {
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
