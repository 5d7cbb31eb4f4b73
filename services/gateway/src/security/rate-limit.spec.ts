import { describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import type { RateLimitPeers } from '../gateway.options.js';
import { RateLimit } from './rate-limit.js';

/** Processes that tell each other when the second is over. */
function processes(count: number, requests: number) {
  const listeners: ((counts: ReadonlyMap<string, number>) => void)[] = [];
  const seconds: (() => void)[] = [];
  const limits = Array.from({ length: count }, (_, self) => {
    const peers: RateLimitPeers = {
      tell: (counts) => listeners.forEach((listener, other) => other !== self && listener(counts)),
      hear: (listener) => void listeners.push(listener),
    };
    return new RateLimit({ requests, windowS: 60, peers }, { after: (_ms, work) => (seconds.push(work), () => undefined) });
  });
  return { limits, secondPasses: () => seconds.splice(0).forEach((work) => work()) };
}

const reply = { header: () => reply } as unknown as FastifyReply;

describe('the rate limit of a key', () => {
  it('counts what came in through other processes a second ago', async () => {
    const { limits, secondPasses } = processes(2, 10);
    const [here, there] = limits;
    for (let i = 0; i < 6; i++) await here?.count('key_1', reply);
    for (let i = 0; i < 4; i++) await there?.count('key_1', reply);
    secondPasses();
    await expect(here?.count('key_1', reply)).rejects.toMatchObject({ code: 'rate_limited', extra: { retryAfterS: expect.any(Number) } });
    await expect(there?.count('key_1', reply)).rejects.toMatchObject({ code: 'rate_limited' });
    await there?.count('key_2', reply);
  });

  it('tells each request once', async () => {
    const { limits, secondPasses } = processes(2, 10);
    const [here, there] = limits;
    for (let i = 0; i < 3; i++) await here?.count('key_1', reply);
    secondPasses();
    secondPasses();
    for (let i = 0; i < 7; i++) await there?.count('key_1', reply);
    await expect(there?.count('key_1', reply)).rejects.toMatchObject({ code: 'rate_limited' });
  });
});
