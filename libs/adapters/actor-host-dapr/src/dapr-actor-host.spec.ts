import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { Problem } from '@tollkeeper/kernel';
import { type ActorReply, ActorUnreachable, BusFull, StoreUnavailable } from '@tollkeeper/ports';
import { actorHostSuite } from '@tollkeeper/testing';
import { DaprActorHost, type DaprActorHostOptions } from './dapr-actor-host.js';
import { FakeDapr } from './fake-dapr.fixture.js';
import { shardName, shardOf } from './shards.js';
import { knowingEachOther, textContract } from './text-actors.fixture.js';

const shards = 64;
const echo = textContract('echo');

let dapr: FakeDapr;
let hosts: DaprActorHost[];

async function replica(options: Partial<DaprActorHostOptions> = {}): Promise<DaprActorHost> {
  const host = new DaprActorHost({ within: new LocalActorHost(), sidecarPort: dapr.port, hostId: `replica-${hosts.length}`, shards, ...options });
  hosts.push(host);
  dapr.apps.push(await host.listen(0, { actorTypes: ['tested', 'other'] }));
  return host;
}

beforeEach(async () => {
  dapr = await FakeDapr.start();
  hosts = [];
});

afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await dapr.close();
});

const shardNameOf = (id: string) => shardName(shardOf(id, shards), shards);
const done = (output: string): ActorReply<string> => ({ status: 'done', output });
const answering = (host: DaprActorHost, name: string) =>
  host.register(echo, (calls) => Promise.resolve(calls.map(({ id, input }) => done(`${name} ${id} ${input}`))));
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `device-${n}`, input: `${n}` }));

actorHostSuite('through a sidecar', async () => {
  const sidecar = await FakeDapr.start();
  const host = new DaprActorHost({ within: new LocalActorHost(), sidecarPort: sidecar.port, hostId: 'one', shards });
  sidecar.apps.push(await host.listen(0));
  await knowingEachOther([host], shards);
  return {
    host,
    dispose: async () => {
      await host.close();
      await sidecar.close();
    },
  };
});

describe('requests', () => {
  it('are one for each replica, once it is known where shards live', async () => {
    const [left, right] = [await replica(), await replica()];
    answering(left, 'left');
    answering(right, 'right');
    const first = await left.callMany(echo, many(300));
    expect(new Set(dapr.requests).size).toBe(shards);
    dapr.requests.length = 0;
    expect(await left.callMany(echo, many(300))).toEqual(first);
    expect(dapr.requests).toHaveLength(2);
    expect(new Set(first.map((reply) => reply.status === 'done' && reply.output.split(' ')[0]))).toEqual(new Set(['left', 'right']));
  });

  it('follow a shard that moves, and nothing is lost or done twice on the way', async () => {
    const [left, right] = [await replica(), await replica()];
    const ran: string[] = [];
    for (const [name, host] of [['left', left], ['right', right]] as const) {
      host.register(echo, (calls) => {
        ran.push(...calls.map(({ id }) => id));
        return Promise.resolve(calls.map(({ id }) => done(`${name} ${id}`)));
      });
    }
    await left.callMany(echo, many(300));
    const [from = 0, to = 0] = dapr.appOf(shardNameOf('device-7')) === dapr.apps[0] ? dapr.apps : [...dapr.apps].reverse();
    await dapr.move('tested', shardNameOf('device-7'), to);
    ran.length = 0;
    const replies = await left.callMany(echo, many(300));
    expect(from).not.toBe(to);
    expect(replies[7]).toEqual(done(`${to === dapr.apps[0] ? 'left' : 'right'} device-7`));
    expect([...ran].sort()).toEqual(many(300).map(({ id }) => id).sort());
  });

  it('are divided where they would be larger than sidecars carry, and so are answers', async () => {
    const host = await replica({ bytesPerRequest: 10_000 });
    host.register(echo, (calls) => Promise.resolve(calls.map(({ id }) => done(id.padEnd(3_000, '.')))));
    const calls = many(40).map(({ id }) => ({ id, input: id.padEnd(2_000, '.') }));
    for (let round = 0; round < 2; round++) {
      const replies = await host.callMany(echo, calls);
      expect(replies).toEqual(calls.map(({ id }) => done(id.padEnd(3_000, '.'))));
    }
    expect(await host.call(echo, 'alone', 'x'.repeat(10_001))).toHaveLength(3_000);
  });

  it('name a method whose answer is larger than sidecars carry', async () => {
    const host = await replica({ bytesPerRequest: 10_000 });
    host.register(echo, (calls) => Promise.resolve(calls.map(() => done('x'.repeat(10_001)))));
    await expect(host.call(echo, 'a', '')).rejects.toThrow(/10001 bytes/);
  });
});

describe('failures', () => {
  it('come back as what they were', async () => {
    const host = await replica();
    const errors: Readonly<Record<string, Error>> = {
      problem: new Problem('conflict', 'The account is closed.', { param: 'device', retryAfterS: 3 }),
      store: new StoreUnavailable('no majority'),
      actor: new ActorUnreachable('gone'),
      full: new BusFull('no room', 7, 'storage'),
      bug: new TypeError('undefined is not a function'),
    };
    host.register(echo, (calls) => Promise.resolve(calls.map(({ input }) => ({ status: 'failed', error: errors[input] ?? new Error(input) }))));
    for (const [input, error] of Object.entries(errors)) {
      const [reply] = await host.callMany(echo, [{ id: 'a', input }]);
      if (reply?.status !== 'failed') throw new Error('it should have failed');
      expect(reply.error).toEqual(error);
      expect(reply.error.name).toBe(error.name);
      if (input !== 'bug') expect(reply.error.constructor).toBe(error.constructor);
    }
  });

  it('of the way are ActorUnreachable, and the next call is on its own', async () => {
    const host = await replica({ callTimeoutMs: 50 });
    let slow = true;
    host.register(echo, async (calls) => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 200));
      return calls.map(({ input }) => done(input));
    });
    await expect(host.call(echo, 'a', 'x')).rejects.toThrow(ActorUnreachable);
    slow = false;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await host.call(echo, 'a', 'x')).toBe('x');
  });

  it('of the sidecar are ActorUnreachable too, at once', async () => {
    const host = new DaprActorHost({ within: new LocalActorHost(), sidecarPort: 1, hostId: 'alone' });
    await expect(host.call(echo, 'a', 'x')).rejects.toThrow(/the sidecar on port 1: connect ECONNREFUSED/);
    await expect(host.check()).rejects.toThrow(/ECONNREFUSED/);
    await host.close();
  });

  it('tell of replicas that write another version', async () => {
    await replica();
    const [port] = dapr.apps;
    const response = await fetch(`http://127.0.0.1:${port}/actors/tested/1-of-64/method/echo`, { method: 'PUT', body: new Uint8Array([9]) });
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/sent version 9, which cannot be read here/);
  });
});

describe('a shard that leaves', () => {
  it('has what its accounts cached dropped, and no other', async () => {
    const [left, right] = [await replica(), await replica()];
    const cached = new Set<string>();
    for (const host of [left, right]) {
      host.register(echo, (calls) => {
        for (const { id } of calls) cached.add(id);
        return Promise.resolve(calls.map(({ input }) => done(input)));
      });
      host.onDeactivate('tested', (id) => cached.delete(id));
    }
    await left.callMany(echo, many(200));
    const leaving = shardNameOf('device-3');
    await dapr.move('tested', leaving, dapr.apps.find((port) => port !== dapr.appOf(leaving)) ?? 0);
    expect([...cached].sort()).toEqual(many(200).map(({ id }) => id).filter((id) => shardNameOf(id) !== leaving).sort());
  });

  it('waits with that for a call that runs, and a call that comes back waits for it', async () => {
    const host = await replica();
    const story: string[] = [];
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    host.register(echo, async (calls) => {
      story.push(...calls.map(({ input }) => `${input} runs`));
      if (calls.some(({ input }) => input === 'first')) await opened;
      return calls.map(({ input }) => done(input));
    });
    host.onDeactivate('tested', () => story.push('dropped'));
    const first = host.call(echo, 'a', 'first');
    while (story.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const [port = 0] = dapr.apps;
    await dapr.move('tested', shardNameOf('a'), port);
    const second = host.call(echo, 'a', 'second');
    open();
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
    expect(story).toEqual(['first runs', 'dropped', 'second runs']);
  });

  it('is every shard, when the sidecar starts again', async () => {
    const host = await replica();
    const dropped: string[] = [];
    answering(host, 'one');
    host.onDeactivate('tested', (id) => dropped.push(id));
    await host.callMany(echo, many(5));
    const config = await fetch(`http://127.0.0.1:${dapr.apps[0]}/dapr/config`);
    expect(await config.json()).toMatchObject({ entities: ['tested', 'other'], reentrancy: { enabled: false }, drainRebalancedActors: true });
    expect(dropped.sort()).toEqual(many(5).map(({ id }) => id));
  });
});

describe('a replica that ends', () => {
  it('says so to its sidecar, refuses what is new, and its callers find the next one', async () => {
    const [left, right] = [await replica(), await replica()];
    answering(left, 'left');
    answering(right, 'right');
    const before = await left.callMany(echo, many(100));
    const closed = right.close();
    await closed;
    const [, rightPort = 0] = dapr.apps;
    // Dapr finds out a moment later.
    const later = left.callMany(echo, many(100));
    dapr.apps.pop();
    expect(before.some((reply) => reply.status === 'done' && reply.output.startsWith('right'))).toBe(true);
    const replies = await later;
    expect(replies.filter((reply) => reply.status === 'failed').every((reply) => reply.status === 'failed' && reply.error instanceof ActorUnreachable)).toBe(true);
    expect((await left.callMany(echo, many(100))).every((reply) => reply.status === 'done' && reply.output.startsWith('left'))).toBe(true);
    await expect(fetch(`http://127.0.0.1:${rightPort}/healthz`)).rejects.toThrow();
  });

  it('is unwell for its sidecar while its last calls run', async () => {
    const host = await replica();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    host.register(echo, async (calls) => {
      await opened;
      return calls.map(({ input }) => done(input));
    });
    const health = async () => (await fetch(`http://127.0.0.1:${dapr.apps[0]}/healthz`)).status;
    expect(await health()).toBe(200);
    const last = host.call(echo, 'a', 'last');
    const closed = host.close();
    expect(await health()).toBe(503);
    open();
    expect(await last).toBe('last');
    await closed;
  });
});
