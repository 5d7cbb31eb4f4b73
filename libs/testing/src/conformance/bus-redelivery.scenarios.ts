import { expect, it } from '@jest/globals';
import type { Delivery } from '@tollkeeper/ports';
import { Listener, notes, noteTopic, settled, until, type BusStage, type Note } from './bus-fixtures.js';

export function redelivering(stage: () => BusStage): void {
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
    const batches: (readonly Delivery<Note>[])[] = [];
    bus.subscribe(topic, { group: 'group', maxInFlight: 100 }, (deliveries) => {
      batches.push(deliveries);
      if (batches.length === 1) throw new Error('first time');
      if (batches.length === 2) return Promise.reject(new Error('second time'));
      for (const delivery of deliveries) delivery.ack();
      return Promise.resolve();
    });
    await bus.publish(topic, 0, notes('n', 5));
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    const [first = [], second = []] = batches;
    const seen = batches.flat();
    expect(seen).toHaveLength(5 + first.length + second.length);
    for (const [index, { value }] of [...first, ...second].entries()) {
      const later = seen.slice(index + 1).filter((delivery) => delivery.value.text === value.text);
      expect(later.length > 0 && later.every((delivery) => delivery.redelivered)).toBe(true);
    }
  });

  it('does not give again what a handler had acknowledged before it threw', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const acknowledged: string[] = [];
    const failed: string[] = [];
    bus.subscribe(topic, { group: 'group', maxInFlight: 100 }, ([first, ...rest]) => {
      acknowledged.push(first?.value.text ?? '');
      first?.ack();
      failed.push(...rest.map((delivery) => delivery.value.text));
      if (rest.length > 0) throw new Error('after the first');
    });
    await bus.publish(topic, 0, notes('n', 5));
    await until(async () => (await bus.lag(topic, 'group')) === 0, 'everything was acknowledged');
    expect([...acknowledged].sort()).toEqual(notes('n', 5).map((message) => message.value.text));
    expect(failed.every((text) => acknowledged.includes(text))).toBe(true);
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
