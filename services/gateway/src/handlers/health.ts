import { Problem } from '@tollkeeper/kernel';
import type { Answer, Call } from '../http/route.js';

const readyRetryAfterS = 2;

export function live(): Promise<Answer> {
  return Promise.resolve({ body: { status: 'ok' } });
}

/** Every check that the composition named works; the store always is one of them. */
export async function ready(call: Call): Promise<Answer> {
  const checks = { store: () => call.ports.chains.heads(['idempotency/health']), ...call.readiness };
  const results = await Promise.allSettled(Object.entries(checks).map(([, check]) => check()));
  const failed = Object.keys(checks).filter((_name, i) => results[i]?.status === 'rejected');
  if (failed.length === 0) return { body: { status: 'ok' } };
  throw new Problem('unavailable', `Not ready: ${failed.join(', ')}.`, { retryAfterS: readyRetryAfterS, failed });
}
