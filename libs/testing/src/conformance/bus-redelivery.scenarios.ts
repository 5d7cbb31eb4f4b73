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
