import { describe, expect, it } from '@jest/globals';
import type { ActorMethodContract } from '@tollkeeper/ports';
import { actorHostSuite } from '@tollkeeper/testing';
import { LocalActorHost } from './local-actor-host.js';

actorHostSuite('in this process', () => {
  const host = new LocalActorHost();
  return Promise.resolve({ host, dispose: () => host.close() });
});

describe('actors of one process', () => {
  const never = (): never => {
    throw new Error('nothing is encoded inside a process');
  };
  const touch: ActorMethodContract<object, object> = {
    actorType: 'tested',
    method: 'touch',
    input: { encode: never, decode: never },
    output: { encode: never, decode: never },
  };

  it('hands inputs and outputs over as they are', async () => {
    const host = new LocalActorHost();
    host.register(touch, (calls) => Promise.resolve(calls.map(({ input }) => ({ status: 'done', output: input }))));
    const input = { some: 'object' };
    expect(await host.call(touch, 'a', input)).toBe(input);
  });

  it('tells the actors used longest ago to drop what they cached, never one that is busy', async () => {
    const host = new LocalActorHost({ maxActive: 10 });
    const active = new Set<string>();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    host.register(touch, async (calls) => {
      for (const { id } of calls) active.add(id);
      if (calls.some(({ id }) => id === 'busy')) await held;
      return calls.map(({ input }) => ({ status: 'done', output: input }));
    });
    host.onDeactivate('tested', (id) => active.delete(id));
    const busy = host.call(touch, 'busy', {});
    for (let i = 0; i < 100; i++) await host.call(touch, `${i}`, {});
    expect(active.size).toBeLessThanOrEqual(11);
    expect(active.has('busy')).toBe(true);
    expect(active.has('99')).toBe(true);
    release();
    await busy;
    await host.close();
  });
});
