import { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { z } from 'zod';
import { live, ready } from '../handlers/health.js';
import { advanceTestClock, readClock } from '../handlers/test-clock.js';
import { verifyAllChains } from '../handlers/verify.js';
import type { Route, RouteAnswer } from '../http/route.js';
import { listQuery } from '../schemas/value.schemas.js';
import { clockBody } from '../schemas/tenant.schemas.js';

const health = z.object({ status: z.literal('ok') });
const healthy: RouteAnswer = { status: 200, description: 'It does.', json: { schema: health, example: { status: 'ok' } } };

export const proofRoutes: readonly Route[] = [
  {
    method: 'GET', path: '/v1/chains/verify', operationId: 'verifyChains', tag: 'Proof', scope: ['audit:read', 'platform'], effect: 'read',
    summary: 'Prove all chains',
    description: 'Computes every hash anew, up to `limit` chains per request; follow `next_cursor` to the end. The operator proves the chains of all tenants.',
    query: listQuery(),
    handle: verifyAllChains,
    answer: { status: 200, description: 'What was proven; `faults` is empty when all is well.', message: ratingV1.VerifyReplySchema, example: { faults: [] } },
  },
  {
    method: 'GET', path: '/v1/rerating/verify', operationId: 'verifyRerating', tag: 'Proof', scope: ['audit:read', 'platform'], effect: 'read',
    summary: 'Prove all charges',
    description: 'Prices the pages of every device account again, with the catalogue as of then, and compares the bytes; up to `limit` accounts per request.',
    query: listQuery(),
    asks: ratingV1.RatingService.method.verifyRerating,
    answer: { status: 200, description: 'What was proven; `faults` is empty when all is well.', message: ratingV1.RerateReplySchema, example: { faults: [] } },
  },
  {
    method: 'GET', path: '/v1/clock', operationId: 'getClock', tag: 'Proof', scope: 'any', effect: 'read',
    summary: 'Read the test clock', description: 'Sandbox tenants only; a live tenant gets 409.',
    handle: readClock,
    answer: { status: 200, description: 'The present moment of the sandbox.', message: tenantV1.TestClockSchema },
  },
  {
    method: 'POST', path: '/v1/clock/advance', operationId: 'advanceClock', tag: 'Proof', scope: 'admin', effect: 'write',
    summary: 'Advance the test clock',
    description: 'Steps day by day and does what becomes due: closing, bill runs, reminders, statements. Sandbox tenants only; a live tenant gets 409.',
    body: { kind: 'json', schema: clockBody, example: { to: '2026-02-01T06:00:00Z' } },
    handle: advanceTestClock,
    answer: { status: 200, description: 'The new present moment, and what was done on the way.', message: tenantV1.TestClockSchema },
  },
  {
    method: 'GET', path: '/health/live', operationId: 'live', tag: 'Installation', scope: 'public', effect: 'read',
    summary: 'Tell whether the process lives', description: 'Restart it when this does not answer.',
    handle: live,
    answer: healthy,
  },
  {
    method: 'GET', path: '/health/ready', operationId: 'ready', tag: 'Installation', scope: 'public', effect: 'read',
    summary: 'Tell whether the process takes requests', description: '503 while something that it needs does not work.',
    handle: ready,
    answer: healthy,
  },
];
