import type { ActorHost, ActorMethodContract } from '@tollkeeper/ports';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();
const texts = { encode: (text: string) => utf8.encode(text), decode: (bytes: Uint8Array) => fromUtf8.decode(bytes) };

export function textContract(method: string, actorType = 'tested'): ActorMethodContract<string, string> {
  return { actorType, method, input: texts, output: texts };
}

const warmUp = textContract('warm_up');

/** Registers what does nothing, and has it done in every shard, so that callers know where each of them lives. */
export async function knowingEachOther(hosts: readonly ActorHost[], shards: number): Promise<void> {
  for (const host of hosts) host.register(warmUp, (calls) => Promise.resolve(calls.map(({ input }) => ({ status: 'done', output: input }))));
  const calls = Array.from({ length: shards * 8 }, (_, n) => ({ id: `nobody-${n}`, input: '' }));
  for (const host of hosts) await host.callMany(warmUp, calls);
}
