import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescMessage } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { Problem } from '@tollkeeper/kernel';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { z } from 'zod';
import { type GatewayWorld, openGatewayWorld } from '../gateway-world.fixture.js';
import type { Route } from '../http/route.js';
import { routeTable } from './route-table.js';
import { sampleRequest } from './sample-request.js';

const folder = mkdtempSync(join(tmpdir(), 'gateway-table-'));
let chains: LevelChainStore;
let views: LevelViewStore;
let world: GatewayWorld;
let tenant: string;
let operator: string;

beforeAll(async () => {
  chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  views = await LevelViewStore.open({ folder: join(folder, 'views') });
  world = await openGatewayWorld({ chains, views });
  tenant = world.key({ tenantId: 'ten_a', scopes: ['admin'] });
  operator = world.key({ scopes: ['platform'] });
});

afterAll(async () => {
  await world.app.close();
  await chains.close();
  await views.close();
  rmSync(folder, { recursive: true });
});

async function send(route: Route, changes: { readonly key?: string; readonly url?: string; readonly body?: string; readonly params?: Record<string, string> } = {}) {
  const sample = sampleRequest(route, changes.params);
  const key = changes.key ?? (route.scope === 'platform' ? operator : tenant);
  const body = changes.body ?? sample.body;
  const reply = await world.app.inject({
    method: sample.method,
    url: changes.url ?? sample.url,
    headers: { ...sample.headers, ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, text: reply.body, json: () => reply.json() as Record<string, unknown> };
}

const named = routeTable.map((route) => [`${route.method} ${route.path}`, route] as const);
const writesJson = named.filter(([, route]) => route.body?.kind === 'json');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Members of a body's schema, at any depth, that have no field in the message. */
function unknownMembers(schema: JsonSchema, message: DescMessage | undefined): string[] {
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const field = message?.fields.find((one) => one.name === name);
    if (!field) return [name];
    return field.message ? unknownMembers(member, field.message).map((inner) => `${name}.${inner}`) : [];
  });
  return [...own, ...variants.flatMap((variant) => unknownMembers(variant, message))];
}

describe('every route', () => {
  it('has an operation id and an address of its own', () => {
    expect(new Set(routeTable.map((route) => route.operationId)).size).toBe(routeTable.length);
    expect(new Set(named.map(([name]) => name)).size).toBe(routeTable.length);
    for (const route of routeTable) expect(Object.keys(route.params ?? {})).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  });

  it.each(named)('%s takes its own example', async (_name, route) => {
    const reply = await send(route);
    expect([reply.status, reply.text]).toEqual([route.answer.status, expect.anything()]);
  });

  it.each(named.filter(([, route]) => route.scope !== 'public'))('%s needs a key, and the scope that it says', async (_name, route) => {
    expect((await send(route, { key: '' })).status).toBe(401);
    if (route.scope === 'any') return;
    const weak = world.key({ tenantId: 'ten_a', scopes: ['nothing'] });
    expect((await send(route, { key: weak })).status).toBe(403);
  });

  it.each(writesJson)('%s refuses members that it does not know', async (_name, route) => {
    const sample = JSON.parse(sampleRequest(route).body ?? '{}') as Record<string, unknown>;
    const reply = await send(route, { body: JSON.stringify({ ...sample, no_such_member: 1 }) });
    expect([reply.status, reply.json()['param']]).toEqual([400, 'no_such_member']);
  });

  it.each(named.filter(([, route]) => route.params))('%s does not tell an impossible id from an absent one', async (_name, route) => {
    const impossible = Object.fromEntries(Object.keys(route.params ?? {}).map((name) => [name, 'no such/thing']));
    const reply = await send(route, { params: impossible });
    expect([reply.status, reply.json()['code']]).toEqual([404, 'not_found']);
  });

  it.each(writesJson.filter(([, route]) => route.asks))('%s takes no member that the request message lacks', (_name, route) => {
    if (route.body?.kind !== 'json' || !route.asks) throw new Error('filtered above');
    const { into, schema } = route.body;
    const input = route.asks.input as DescMessage;
    const target = into === undefined ? input : input.fields.find((field) => field.name === into)?.message;
    expect(unknownMembers(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, target)).toEqual([]);
  });

  it('restricts keys that are bound to one customer or partner wherever their roles can read', () => {
    const open = routeTable.filter((route) => ['devices:read', 'invoices:read', 'payments:read'].includes(String(route.scope)) && route.params && !route.bound?.customer);
    expect(open.map((route) => route.operationId)).toEqual(['getBillRun', 'getDunningPolicy']);
  });

  it('asks a service with the tenant of the key and a cause, whatever the body says', async () => {
    world.asked.length = 0;
    for (const route of routeTable) if (route.asks && route.scope !== 'platform' && route.effect !== 'usage') await send(route);
    const tenants = new Set(world.asked.map(({ request }) => request['tenantId']));
    expect([...tenants]).toEqual(['ten_a']);
    for (const { request } of world.asked) if ('cause' in request) expect(request['cause']).toMatch(/^req_[0-9a-z]{26}$/);
  });

  it('shows a refusal of a service whole', async () => {
    const route = routeTable.find(({ operationId }) => operationId === 'startBillRun');
    if (!route?.asks) throw new Error('startBillRun asks a service');
    world.on(route.asks, () => {
      throw new Problem('conflict', 'A bill run of this billing entity is running; wait until it is done.', { param: 'billing_entity_id', running: 'run_1' });
    });
    expect((await send(route)).json()).toMatchObject({ status: 409, code: 'conflict', param: 'billing_entity_id', running: 'run_1', instance: '/v1/bill-runs' });
  });
});
