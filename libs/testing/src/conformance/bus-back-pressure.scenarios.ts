import { expect, it } from '@jest/globals';
import { BusFull } from '@tollkeeper/ports';
import { Listener, note, notes, noteTopic, until, withoutAck, type BusStage } from './bus-fixtures.js';

export function holdingBack(stage: () => BusStage): void {
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

  it('serves a group far behind in order, while another one keeps up', async () => {
    const { bus } = stage();
    const topic = noteTopic('notes', 1);
    const behind = new Listener(bus, topic, { group: 'behind', maxInFlight: 2 }, withoutAck);
    const quick = new Listener(bus, topic, { group: 'quick' });
    const large = 'x'.repeat(5_000);
    for (let i = 0; i < 300; i++) await bus.publish(topic, 0, [note(`${i} ${large}`)]);
    await quick.has(300);
    expect(behind.deliveries).toHaveLength(2);
    // A message may be handed out again at any time; the others keep their order.
    const seen: number[] = [];
    for (let i = 0; seen.length < 300; i++) {
      await behind.has(i + 1);
      expect(behind.deliveries.length).toBeLessThanOrEqual(i + 2);
      const number = Number(behind.texts[i]?.split(' ')[0]);
      if (!seen.includes(number)) seen.push(number);
      behind.deliveries[i]?.ack();
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
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
