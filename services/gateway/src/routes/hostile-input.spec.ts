import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import fc from 'fast-check';
import { type GatewayWorld, openGatewayWorld } from '../gateway-world.fixture.js';
import type { Route } from '../http/route.js';
import { routeTable } from './route-table.js';
import { sampleRequest } from './sample-request.js';

const folder = mkdtempSync(join(tmpdir(), 'gateway-hostile-'));
let chains: LevelChainStore;
let views: LevelViewStore;
let world: GatewayWorld;
let keys: readonly string[];

beforeAll(async () => {
  chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  views = await LevelViewStore.open({ folder: join(folder, 'views') });
  world = await openGatewayWorld({ chains, views });
  keys = [world.key({ tenantId: 'ten_a', scopes: ['admin'] }), world.key({ scopes: ['platform'] }), 'tk_nobody', ''];
});

afterAll(async () => {
  await world.app.close();
  await chains.close();
  await views.close();
  rmSync(folder, { recursive: true });
});

const strange = fc.constantFrom<unknown>(
  null, true, -1, 1.5, 1e300, '', ' ', '\u0000', '\u202e', '1e5', '-0', '9'.repeat(5000), "' OR 1=1 --", '../../etc/passwd', '${7*7}', '💥', [], {}, [[[]]],
  { constructor: {} }, { toString: 1 }, ['x'], '2026-02-30', '0000-00-00T00:00:00Z', '2026-01-01T00:00:00+99:99',
);

/** The sample's body with one member somewhere replaced, or bytes of no sense. */
function hostileBody(route: Route): fc.Arbitrary<string | Buffer | undefined> {
  const { body } = sampleRequest(route);
  const garbage = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  if (body === undefined || route.body?.kind !== 'json') return fc.oneof(garbage, fc.constant(body));
  const places = pathsOf(JSON.parse(body));
  const mutated = fc.tuple(fc.constantFrom(...places), strange).map(([path, value]) => JSON.stringify(replaced(JSON.parse(body), path, value)));
  return fc.oneof({ weight: 6, arbitrary: mutated }, { weight: 1, arbitrary: garbage }, { weight: 1, arbitrary: strange.map((value) => JSON.stringify(value)) });
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [at, ...steps.flatMap((step) => pathsOf((value as Record<string | number, unknown>)[step], [...at, step]))];
}

function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[step] = replaced(copy[step], rest, by);
  return copy;
}

const header = fc.constantFrom('content-type', 'content-encoding', 'accept', 'idempotency-key', 'traceparent', 'upload-offset', 'authorization', 'x-forwarded-for');
const headerValue = fc.oneof(fc.constantFrom('gzip', 'br', '*', 'text/html;q=x', '/', ';', 'application/json; charset=utf-7', '-1', '1e9', 'Bearer', 'tk_'), fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')));
const query = fc.constantFrom('', '?', '?limit=0', '?limit=1e3', '?limit=-1', '?cursor=%00', '?limit=1&limit=2', '?__proto__=1', '?a[b]=c', '?%', '?cursor=bm9ib2R5OjE', '?from=2026-99-99');
const part = fc.constantFrom(undefined, '', '%', '..', 'a'.repeat(300), '\u0000', '💥', '__proto__', 'constructor');

describe('whatever comes in', () => {
  it.each(routeTable.map((route) => [`${route.method} ${route.path}`, route] as const))('%s answers below 500', async (_name, route) => {
    const request = fc.record({ body: hostileBody(route), headers: fc.dictionary(header, headerValue, { maxKeys: 2 }), query, part, key: fc.constantFrom(0, 0, 0, 1, 2, 3) });
    await fc.assert(
      fc.asyncProperty(request, async ({ body, headers, query: asked, part: odd, key }) => {
        const sample = sampleRequest(route, odd === undefined ? {} : Object.fromEntries(Object.keys(route.params ?? {}).map((name) => [name, odd])));
        const credential = keys[key] ?? '';
        const reply = await world.app.inject({
          method: route.method,
          url: `${sample.url.split('?', 1)[0] ?? ''}${asked}`,
          headers: { ...sample.headers, ...(credential === '' ? {} : { authorization: `Bearer ${credential}` }), ...headers },
          ...(body === undefined ? {} : { payload: body }),
        });
        expect(reply.statusCode).toBeLessThan(500);
        if (reply.statusCode >= 400) expect(reply.json()).toMatchObject({ status: reply.statusCode, code: expect.any(String), detail: expect.any(String), request_id: expect.any(String) });
      }),
      { numRuns: 20 },
    );
  });
});
