import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ActorUnreachable, type ActorCall, type ActorHost, type ActorMethodContract, type ActorReply } from '@tollkeeper/ports';
import { until } from './bus-fixtures.js';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();
const json = {
  encode: (value: string) => utf8.encode(JSON.stringify(value)),
  decode: (bytes: Uint8Array) => JSON.parse(fromUtf8.decode(bytes)) as string,
};

function contract(method: string, actorType = 'tested'): ActorMethodContract<string, string> {
  return { actorType, method, input: json, output: json };
}

const echo = contract('echo');

function done(output: string): ActorReply<string> {
  return { status: 'done', output };
}

/** A gate that a test opens when it has seen what it wants. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** What every actor host promises; `fresh` makes a host without actors and `settle` ends it. */
export function actorHostSuite(name: string, fresh: () => Promise<{ readonly host: ActorHost; dispose(): Promise<void> }>): void {
  describe(`actor host: ${name}`, () => {
    let host: ActorHost;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ host, dispose } = await fresh());
    });
    afterEach(() => dispose());

    calling(() => host);
    takingTurns(() => host);
    failing(() => host);
    closing(() => host);
  });
}

function calling(host: () => ActorHost): void {
  it('brings a call to its method and the output back', async () => {
    host().register(echo, (calls) => Promise.resolve(calls.map(({ id, input }) => done(`${id}: ${input}`))));
    expect(await host().call(echo, 'a', 'hello')).toBe('a: hello');
  });

  it('answers many calls in their order, each actor at most once in an invocation', async () => {
    const invocations: string[][] = [];
    host().register(echo, (calls) => {
      invocations.push(calls.map(({ id }) => id));
      return Promise.resolve(calls.map(({ id, input }) => done(`${id}: ${input}`)));
    });
    const calls = ['a', 'b', 'a', 'c', 'a', 'b'].map((id, i) => ({ id, input: `${i}` }));
    const replies = await host().callMany(echo, calls);
    expect(replies).toEqual(calls.map(({ id, input }) => done(`${id}: ${input}`)));
    expect(invocations.flat()).toHaveLength(6);
    for (const ids of invocations) expect(new Set(ids).size).toBe(ids.length);
  });

  it('takes calls for different actors in few invocations', async () => {
    let invocations = 0;
    host().register(echo, (calls) => {
      invocations++;
      return Promise.resolve(calls.map(({ input }) => done(input)));
    });
    await host().callMany(echo, Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, input: 'x' })));
    expect(invocations).toBeLessThan(50);
  });

  it('takes no calls', async () => {
    host().register(echo, () => Promise.resolve([]));
    expect(await host().callMany(echo, [])).toEqual([]);
  });

  it('keeps types and methods apart', async () => {
    const other = contract('echo', 'other');
    const shout = contract('shout');
    host().register(echo, (calls) => Promise.resolve(calls.map(({ input }) => done(input))));
    host().register(shout, (calls) => Promise.resolve(calls.map(({ input }) => done(input.toUpperCase()))));
    host().register(other, (calls) => Promise.resolve(calls.map(({ input }) => done(`other ${input}`))));
    expect(await Promise.all([host().call(echo, 'a', 'x'), host().call(shout, 'a', 'x'), host().call(other, 'a', 'x')])).toEqual(['x', 'X', 'other x']);
  });
}

function takingTurns(host: () => ActorHost): void {
  it('gives an actor one call at a time, in order, whatever the method', async () => {
    const running = new Set<string>();
    const order: string[] = [];
    let overlaps = 0;
    const method = async (calls: readonly ActorCall<string>[]): Promise<ActorReply<string>[]> => {
      for (const { id, input } of calls) {
        if (running.has(id)) overlaps++;
        running.add(id);
        order.push(`${id} ${input}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const { id } of calls) running.delete(id);
      return calls.map(({ input }) => done(input));
    };
    const add = contract('add');
    host().register(echo, method);
    host().register(add, method);
    const calls = Array.from({ length: 60 }, (_, i) => ({ method: i % 3 === 0 ? add : echo, id: `${i % 4}`, input: `${i}` }));
    await Promise.all(calls.map((call) => host().call(call.method, call.id, call.input)));
    expect(overlaps).toBe(0);
    for (const id of ['0', '1', '2', '3']) {
      const expected = calls.filter((call) => call.id === id).map((call) => `${id} ${call.input}`);
      expect(order.filter((entry) => entry.startsWith(`${id} `))).toEqual(expected);
    }
  });

  it('does not let a busy actor hold up others', async () => {
    const { opened, open } = gate();
    host().register(echo, async (calls) => {
      if (calls.some(({ id }) => id === 'busy')) await opened;
      return calls.map(({ input }) => done(input));
    });
    const busy = host().call(echo, 'busy', 'first');
    const mixed = host().callMany(echo, [
      { id: 'busy', input: 'second' },
      { id: 'free', input: 'second' },
    ]);
    expect(await host().call(echo, 'other', 'meanwhile')).toBe('meanwhile');
    open();
    expect(await busy).toBe('first');
    expect(await mixed).toEqual([done('second'), done('second')]);
  });

  it('groups calls that waited for busy actors', async () => {
    const { opened, open } = gate();
    const sizes: number[] = [];
    host().register(echo, async (calls) => {
      sizes.push(calls.length);
      if (sizes.length === 1) await opened;
      return calls.map(({ input }) => done(input));
    });
    const ids = Array.from({ length: 40 }, (_, i) => `${i}`);
    const first = host().callMany(echo, ids.map((id) => ({ id, input: 'first' })));
    await until(() => sizes.length > 0, 'the first invocation ran');
    const later = ids.map((id) => host().call(echo, id, 'later'));
    open();
    await first;
    await Promise.all(later);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(80);
    // An economy: how many came together depends on how quickly they crossed over.
    expect(sizes.length).toBeLessThanOrEqual(40);
  });
}

function failing(host: () => ActorHost): void {
  it('brings a failure of one call to its caller alone', async () => {
    host().register(echo, (calls) =>
      Promise.resolve(calls.map(({ input }) => (input === 'bad' ? { status: 'failed', error: new Error('it was bad') } : done(input)))),
    );
    const [good, bad] = await host().callMany(echo, [
      { id: 'a', input: 'good' },
      { id: 'b', input: 'bad' },
    ]);
    expect(good).toEqual(done('good'));
    expect(bad).toMatchObject({ status: 'failed', error: { message: 'it was bad' } });
    await expect(host().call(echo, 'a', 'bad')).rejects.toThrow('it was bad');
  });

  it('fails the calls of an invocation that throws, and serves the actors again', async () => {
    const broken: string[] = [];
    host().register(echo, (calls) => {
      if (broken.length > 0) return Promise.resolve(calls.map(({ input }) => done(input)));
      broken.push(...calls.map(({ id }) => id));
      throw new Error('the method broke');
    });
    const calls = ['a', 'b', 'c', 'd'].map((id) => ({ id, input: 'first' }));
    const replies = await host().callMany(echo, calls);
    expect(calls.filter((_, i) => replies[i]?.status === 'failed').map(({ id }) => id)).toEqual(broken);
    expect(broken).not.toEqual([]);
    for (const { id } of calls) expect(await host().call(echo, id, 'second')).toBe('second');
  });

  it('answers a call that nobody takes with a failure', async () => {
    const [reply] = await host().callMany(contract('nobody'), [{ id: 'a', input: 'x' }]);
    expect(reply?.status).toBe('failed');
  });
}

function closing(host: () => ActorHost): void {
  it('finishes what runs and what waits, and takes nothing new, when it closes', async () => {
    const { opened, open } = gate();
    let finished = 0;
    host().register(echo, async (calls) => {
      await opened;
      finished += calls.length;
      return calls.map(({ input }) => done(input));
    });
    const taken = ['first', 'second'].map((input) => host().call(echo, 'a', input));
    const closed = host().close();
    await expect(host().call(echo, 'b', 'too late')).rejects.toBeInstanceOf(ActorUnreachable);
    open();
    await closed;
    expect(finished).toBe(2);
    expect(await Promise.all(taken)).toEqual(['first', 'second']);
  });
}
