import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { factsV1 } from '@tollkeeper/contracts';
import type { Bus, Delivery } from '@tollkeeper/ports';
import { consumeInOrder } from './consume-in-order.js';

/** A bus that hands out what a scenario says, in its order, and tells what it was answered. */
function scriptedBus() {
  let hand: (deliveries: readonly Delivery<factsV1.Fact>[]) => void | Promise<void> = () => undefined;
  const answers: string[] = [];
  const subscribe: Bus['subscribe'] = (_topic, _options, handler) => {
    hand = handler as unknown as typeof hand;
    return { stop: () => Promise.resolve() };
  };
  const bus: Bus = { subscribe, publish: () => Promise.resolve(), lag: () => Promise.resolve(0), close: () => Promise.resolve() };
  const deliver = async (...names: readonly string[]) => {
    answers.length = 0;
    await hand(
      names.map((name) => ({
        id: name,
        partition: 0,
        redelivered: false,
        value: create(factsV1.FactSchema, { id: name, tenantId: name.slice(0, 1) }),
        ack: () => answers.push(`${name} done`),
        retry: () => answers.push(`${name} again`),
      })),
    );
    return [...answers];
  };
  return { bus, deliver };
}

describe('facts in order', () => {
  it('wait behind a failed one of their tenant, in every later batch too, while other tenants go on', async () => {
    const { bus, deliver } = scriptedBus();
    const failing = new Set(['a1']);
    const handled: string[] = [];
    const handle = (fact: factsV1.Fact) => {
      if (failing.has(fact.id)) return Promise.reject(new Error('not now'));
      handled.push(fact.id);
      return Promise.resolve();
    };
    consumeInOrder({ bus, group: 'spec', handle, onFailed: () => undefined });
    expect(await deliver('a1', 'a2', 'b1')).toEqual(['a1 again', 'a2 again', 'b1 done']);
    expect(await deliver('a3', 'b2')).toEqual(['a3 again', 'b2 done']);
    failing.clear();
    expect(await deliver('a3', 'a2', 'a1')).toEqual(['a3 again', 'a2 again', 'a1 done']);
    expect(await deliver('a4', 'a3')).toEqual(['a4 again', 'a3 again']);
    expect(await deliver('a2', 'a3', 'a4', 'a5')).toEqual(['a2 done', 'a3 done', 'a4 done', 'a5 done']);
    expect(handled).toEqual(['b1', 'b2', 'a1', 'a2', 'a3', 'a4', 'a5']);
  });

  it('go on when the failed one went to another consumer and never comes back here', async () => {
    const { bus, deliver } = scriptedBus();
    const handle = (fact: factsV1.Fact) => (fact.id === 'a1' ? Promise.reject(new Error('not now')) : Promise.resolve());
    consumeInOrder({ bus, group: 'spec', handle, onFailed: () => undefined });
    expect(await deliver('a1', 'a2')).toEqual(['a1 again', 'a2 again']);
    const answers: string[] = [];
    for (let round = 0; round < 50; round++) answers.push(...(await deliver('a2')));
    expect(answers).toContain('a2 done');
    expect(await deliver('a3')).toEqual(['a3 done']);
  });
});
