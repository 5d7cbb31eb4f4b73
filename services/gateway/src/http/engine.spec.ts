import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { ingestionV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { type GatewayWorld, openGatewayWorld } from '../gateway-world.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'gateway-engine-'));
let chains: LevelChainStore;
let views: LevelViewStore;
let world: GatewayWorld;
let admin: string;

beforeAll(async () => {
  chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  views = await LevelViewStore.open({ folder: join(folder, 'views') });
  world = await openGatewayWorld({ chains, views }, { limits: { jsonBytes: 5_000, usageBytes: 20_000 } });
  admin = world.key({ tenantId: 'ten_a', role: 'admin', scopes: ['admin'] });
});

afterAll(async () => {
  await world.app.close();
  await chains.close();
  await views.close();
  rmSync(folder, { recursive: true });
});

interface Ask {
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH', url: string, { key = admin, headers = {}, body }: Ask = {}) {
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  const reply = await world.app.inject({
    method, url,
    headers: { ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { payload: raw ? body : JSON.stringify(body) }),
  });
  const json = (reply.headers['content-type'] ?? '').toString().includes('json') ? (reply.json() as Record<string, unknown>) : {};
  return { status: reply.statusCode, headers: reply.headers, json, text: reply.body };
}

const meter = { code: 'energy', name: 'Energy', aggregation: 'sum', unit: 'kWh' };

describe('who calls', () => {
  it('asks for a key when there is none, and tells a wrong form from a wrong key', async () => {
    const none = await ask('GET', '/v1/meters', { key: '' });
    expect(none).toMatchObject({ status: 401, json: { code: 'unauthenticated', type: '/problems/unauthenticated', instance: '/v1/meters', param: 'Authorization' } });
    expect(none.headers['www-authenticate']).toBe('Bearer realm="tollkeeper"');
    expect(none.json['request_id']).toBe(none.headers['request-id']);
    expect((await ask('GET', '/v1/meters', { key: '', headers: { authorization: 'Basic eDp5' } })).json['detail']).toContain('Bearer tk_…');
    expect((await ask('GET', '/v1/meters', { key: `tk_test_${'x'.repeat(43)}` })).json['detail']).toContain('does not exist or was revoked');
  });

  it('takes the tenant from the key alone', async () => {
    const other = world.key({ tenantId: 'ten_b', scopes: ['catalogue:read'] });
    await ask('GET', '/v1/meters/energy', { key: other });
    expect(world.asked.at(-1)).toMatchObject({ method: 'GetMeter', request: { tenantId: 'ten_b', id: 'energy' } });
    expect(await ask('GET', '/v1/meters?tenant_id=ten_a', { key: other })).toMatchObject({ status: 400, json: { param: 'tenant_id' } });
  });

  it('honours a revocation when the cached answer is over, and at once when it went through this process', async () => {
    const key = world.key({ tenantId: 'ten_a', scopes: ['catalogue:read'], apiKeyId: 'key_old' });
    expect((await ask('GET', '/v1/meters', { key })).status).toBe(200);
    world.revoke(key);
    expect((await ask('GET', '/v1/meters', { key })).status).toBe(200);
    world.wait(10_001);
    expect((await ask('GET', '/v1/meters', { key })).status).toBe(401);

    const next = world.key({ tenantId: 'ten_a', scopes: ['catalogue:read'], apiKeyId: 'key_new' });
    expect((await ask('GET', '/v1/meters', { key: next })).status).toBe(200);
    world.revoke(next);
    expect((await ask('DELETE', '/v1/api-keys/key_new')).status).toBe(200);
    expect((await ask('GET', '/v1/meters', { key: next })).status).toBe(401);
  });

  it('names the scope that is missing', async () => {
    const key = world.key({ tenantId: 'ten_a', scopes: ['usage:write'] });
    expect(await ask('GET', '/v1/meters', { key })).toMatchObject({ status: 403, json: { code: 'forbidden', needed: ['catalogue:read'] } });
    expect((await ask('GET', '/v1/tenants')).status).toBe(403);
    expect((await ask('GET', '/v1/meters', { key: world.key({ scopes: ['platform'] }) })).status).toBe(403);
  });

  it('gives no key more than its maker has, and lets the operator make the first one', async () => {
    const keys = world.key({ tenantId: 'ten_a', scopes: ['keys:write', 'usage:read'] });
    expect((await ask('POST', '/v1/api-keys', { key: keys, body: { name: 'x', role: 'admin' } })).status).toBe(403);
    expect((await ask('POST', '/v1/api-keys', { key: keys, body: { name: 'x', role: 'support', scopes: ['usage:read'] } })).status).toBe(201);
    const operator = world.key({ scopes: ['platform'] });
    expect((await ask('POST', '/v1/tenants/ten_new/api-keys', { key: operator, body: { name: 'first', role: 'admin' } })).status).toBe(201);
    expect(world.asked.at(-1)?.request).toMatchObject({ tenantId: 'ten_new', apiKey: { role: 'admin' } });
    expect((await ask('POST', '/v1/tenants/ten_new/api-keys', { body: { name: 'first', role: 'admin' } })).status).toBe(403);
  });

  it('keeps a key of one customer to what is that customer’s', async () => {
    const own = world.key({ tenantId: 'ten_a', role: 'customer', scopes: ['devices:read', 'invoices:read', 'payments:read', 'usage:read'], customerId: 'cus_1' });
    world.on(tenantV1.TenantService.method.getDevice, ({ id }) => ({ id, customerId: id === 'mine' ? 'cus_1' : 'cus_2' }));
    expect((await ask('GET', '/v1/devices/mine', { key: own })).status).toBe(200);
    expect((await ask('GET', '/v1/devices/theirs', { key: own })).status).toBe(404);
    expect((await ask('GET', '/v1/devices/mine/entitlement', { key: own })).status).toBe(200);
    expect((await ask('GET', '/v1/devices/theirs/entitlement', { key: own })).status).toBe(404);
    expect((await ask('GET', '/v1/customers/cus_2/account', { key: own })).status).toBe(404);
    expect((await ask('GET', '/v1/invoices', { key: own })).status).toBe(200);
    expect(world.asked.at(-1)?.request).toMatchObject({ customerId: 'cus_1' });
    expect((await ask('GET', '/v1/invoices?customer_id=cus_2', { key: own })).status).toBe(404);
    expect((await ask('GET', '/v1/receipts', { key: own })).status).toBe(403);
  });
});

describe('what is asked', () => {
  it('answers a write with the thing made, under a cause that is the request id', async () => {
    world.on(tenantV1.TenantService.method.createBrand, ({ brand }) => ({ ...brand, id: 'brd_1' }));
    const made = await ask('POST', '/v1/brands', { body: { name: 'Northgrid', billing_entity_id: 'ent_1' } });
    expect(made).toMatchObject({ status: 201, json: { id: 'brd_1', name: 'Northgrid', primary_color: '#1f3a5f', language: 'en' } });
    expect(made.json).not.toHaveProperty('logo_svg');
    expect(made.headers['location']).toBe('/v1/brands/brd_1');
    expect(world.asked.at(-1)?.request['cause']).toBe(made.headers['request-id']);
  });

  it('names the member that is wrong, and all of them when there are more', async () => {
    const one = await ask('POST', '/v1/devices', { body: { devices: [{ reference: 'ok' }, { reference: 'not ok!' }] } });
    expect(one).toMatchObject({ status: 400, json: { code: 'invalid_request', param: 'devices[1].reference' } });
    const more = await ask('POST', '/v1/meters', { body: { ...meter, unit: 7, colour: 'red' } });
    expect(more.json['errors']).toEqual([
      { param: 'unit', detail: 'invalid input: expected string, received number' },
      { param: 'colour', detail: expect.stringContaining('not a member') },
    ]);
    expect(await ask('GET', '/v1/meters?limit=101')).toMatchObject({ status: 400, json: { param: 'limit', detail: 'limit: is at most 100.' } });
    expect(await ask('GET', '/v1/meters?limit=1&limit=2')).toMatchObject({ status: 400, json: { param: 'limit' } });
    expect((await ask('GET', '/v1/meters')).status).toBe(200);
    expect(world.asked.at(-1)?.request).toMatchObject({ limit: 25 });
  });

  it('refuses JSON that is not strict, with the place', async () => {
    const broken = async (body: string) => (await ask('POST', '/v1/meters', { body, headers: { 'content-type': 'application/json' } })).json;
    expect(await broken('{"code": "a",\n "code": "b"}')).toMatchObject({ code: 'invalid_json', param: 'code' });
    expect(await broken('{"code": "a",\n}')).toMatchObject({ code: 'invalid_json', detail: expect.stringContaining('line 2, column 1') });
    expect(await broken('['.repeat(4000))).toMatchObject({ code: 'invalid_json', detail: expect.stringContaining('nested deeper') });
    expect(await broken('')).toMatchObject({ code: 'invalid_json', detail: expect.stringContaining('empty') });
    expect(await broken('{"__proto__": {}}')).toMatchObject({ code: 'invalid_json' });
    expect(await broken('[]')).toMatchObject({ code: 'invalid_request' });
  });

  it('takes gzip, but neither bombs nor torn data nor other encodings', async () => {
    const send = (body: Buffer, encoding: string) => ask('POST', '/v1/meters', { body, headers: { 'content-type': 'application/json', 'content-encoding': encoding } });
    expect((await send(gzipSync(JSON.stringify(meter)), 'gzip')).status).toBe(201);
    expect(await send(gzipSync(Buffer.alloc(50_000, 32)), 'gzip')).toMatchObject({ status: 413, json: { code: 'payload_too_large' } });
    expect((await send(gzipSync(JSON.stringify(meter)).subarray(0, 20), 'gzip')).status).toBe(400);
    expect(await send(Buffer.from('{}'), 'br')).toMatchObject({ status: 415, json: { param: 'Content-Encoding' } });
  });

  it('tells absent, impossible and over-long ids alike', async () => {
    world.on(tenantV1.TenantService.method.getBrand, () => {
      throw new Problem('not_found', 'There is nothing here under this address; check the id, and that the API key belongs to the right tenant.');
    });
    const detail = async (id: string) => {
      const { status, json } = await ask('GET', `/v1/brands/${id}`);
      return { status, code: json['code'], detail: json['detail'] };
    };
    const absent = await detail('brd_absent');
    expect(absent).toMatchObject({ status: 404, code: 'not_found' });
    for (const id of ['%00', 'a%2Fb', '..%2F..', 'x'.repeat(65), 'x'.repeat(5000), '%F0%9F%92%A9', "a'b"]) expect(await detail(id)).toEqual(absent);
    expect((await ask('GET', '/v1/brands/%E0%A4%A')).status).toBe(400);
    expect((await ask('GET', '/v1/nothing')).status).toBe(404);
  });

  it('answers other methods, representations, types and sizes with their own problems', async () => {
    const patched = await ask('PATCH', '/v1/meters', { body: {} });
    expect(patched).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(patched.headers['allow']).toBe('GET, HEAD, POST');
    expect(await ask('GET', '/v1/meters', { headers: { accept: 'text/html' } })).toMatchObject({ status: 406, json: { param: 'Accept' } });
    expect(await ask('POST', '/v1/meters', { body: 'code=energy', headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 });
    expect(await ask('POST', '/v1/meters', { body: '{}', headers: { 'content-type': '///' } })).toMatchObject({ status: 415 });
    expect(await ask('POST', '/v1/meters', { body: { ...meter, name: 'x'.repeat(6000) } })).toMatchObject({ status: 413, json: { code: 'payload_too_large' } });
  });

  it('passes on when to come back, and hides what is a mistake of ours', async () => {
    world.on(tenantV1.TenantService.method.listPartners, () => {
      throw new Problem('unavailable', 'The log is full.', { retryAfterS: 7 });
    });
    const full = await ask('GET', '/v1/partners');
    expect(full).toMatchObject({ status: 503, json: { code: 'unavailable', detail: 'The log is full.' } });
    expect(full.headers['retry-after']).toBe('7');
    expect(full.json).not.toHaveProperty('retryAfterS');
    world.on(tenantV1.TenantService.method.listBrands, () => {
      throw new Error('secret detail of ours');
    });
    const bug = await ask('GET', '/v1/brands');
    expect(bug).toMatchObject({ status: 500, json: { code: 'internal' } });
    expect(bug.text).not.toContain('secret');
  });

  it('gives the trace back that the caller sent, and no malformed one', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect((await ask('GET', '/v1/me', { headers: { traceparent } })).headers['traceparent']).toBe(traceparent);
    expect((await ask('GET', '/v1/me', { headers: { traceparent: '00-zz-1' } })).headers['traceparent']).toBeUndefined();
  });
});

describe('usage', () => {
  it('hands the bytes on as they came, and answers with the receipt', async () => {
    world.on(ingestionV1.IngestionService.method.acceptUsage, () => ({ id: 'rcp_1', status: 'accepted', received: 1, accepted: 1 }));
    const body = gzipSync('{"specversion":"1.0"}');
    const reply = await ask('POST', '/v1/usage?mapping=sim-csv', { body, headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' } });
    expect(reply).toMatchObject({ status: 202, json: { id: 'rcp_1', received: 1, booked: 0, results: [] } });
    expect(reply.headers['location']).toBe('/v1/receipts/rcp_1');
    const request = world.asked.at(-1)?.request ?? {};
    expect(request).toMatchObject({ tenantId: 'ten_a', contentType: 'text/csv', contentEncoding: 'gzip', mapping: 'sim-csv' });
    expect(Buffer.from(request['body'] as Uint8Array).equals(body)).toBe(true);
  });

  it('refuses what is too large, and parameters that it does not know', async () => {
    expect((await ask('POST', '/v1/usage', { body: 'x'.repeat(20_001), headers: { 'content-type': 'text/csv' } })).status).toBe(413);
    expect(await ask('POST', '/v1/usage?maping=a', { body: '{}' })).toMatchObject({ status: 400, json: { param: 'maping' } });
    expect((await ask('POST', '/v1/usage', { key: world.key({ tenantId: 'ten_a', scopes: ['usage:read'] }), body: '{}' })).status).toBe(403);
  });
});

describe('files', () => {
  it('hands a stream on in chunks, the last one marked, and goes on where it broke off', async () => {
    world.on(ingestionV1.IngestionService.method.putFileChunk, ({ offset, bytes }) => ({ id: 'fil_1', status: 'receiving', sizeBytes: String(offset + bytes.length) }));
    world.asked.length = 0;
    const made = await ask('POST', '/v1/files?name=a.csv&mapping=sim-csv', { body: Buffer.alloc(1_300_000, 65), headers: { 'content-type': 'text/csv' } });
    expect(made).toMatchObject({ status: 202, json: { id: 'fil_1', size_bytes: '1300000' } });
    expect(made.headers).toMatchObject({ location: '/v1/files/fil_1', 'upload-offset': '1300000' });
    expect(world.asked.map(({ request }) => [request['fileId'], request['offset'], (request['bytes'] as Uint8Array).length, request['last']])).toEqual([
      ['', 0, 524_288, false], ['fil_1', 524_288, 524_288, false], ['fil_1', 1_048_576, 251_424, true],
    ]);
    world.asked.length = 0;
    const rest = await ask('PUT', '/v1/files/fil_1', { body: 'tail', headers: { 'content-type': 'text/csv', 'upload-offset': '1300000', 'upload-complete': '?0' } });
    expect(rest.headers['upload-offset']).toBe('1300004');
    expect(world.asked[0]?.request).toMatchObject({ fileId: 'fil_1', offset: 1_300_000, last: false });
    expect(await ask('PUT', '/v1/files/fil_1', { body: 'tail' })).toMatchObject({ status: 400, json: { param: 'Upload-Offset' } });
  });
});

describe('limits', () => {
  it('tells what is left, and turns a key away that has used up its requests', async () => {
    const few = await openGatewayWorld({ chains, views }, { rateLimit: { requests: 2, windowS: 60 } });
    const key = few.key({ tenantId: 'ten_a', scopes: ['admin'] });
    const get = () => few.app.inject({ method: 'GET', url: '/v1/me', headers: { authorization: `Bearer ${key}` } });
    expect((await get()).headers).toMatchObject({ ratelimit: '"key";r=1;t=60', 'ratelimit-policy': '"key";q=2;w=60' });
    await get();
    const refused = await get();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    await few.app.close();
  });

  it('turns requests away while the process has more work than it can do, but says that it lives', async () => {
    const full = await openGatewayWorld({ chains, views }, { pressure: { heapBytes: 1, retryAfterS: 3, sampleEveryMs: 10 } });
    while (!full.app.getHttpAdapter().getInstance().isUnderPressure()) await setTimeout(5);
    const key = full.key({ tenantId: 'ten_a', scopes: ['admin'] });
    const reply = await full.app.inject({ method: 'GET', url: '/v1/me', headers: { authorization: `Bearer ${key}` } });
    expect([reply.statusCode, reply.json<{ code: string }>().code, reply.headers['retry-after']]).toEqual([503, 'unavailable', '3']);
    expect((await full.app.inject({ method: 'GET', url: '/health/live' })).statusCode).toBe(200);
    await full.app.close();
  });

  it('is ready only while everything it needs works, and says what does not', async () => {
    expect((await ask('GET', '/health/ready', { key: '' })).status).toBe(200);
    const lame = await openGatewayWorld({ chains, views }, { readiness: { bus: () => Promise.reject(new Error('down')) } });
    const reply = await lame.app.inject({ method: 'GET', url: '/health/ready' });
    expect(reply.statusCode).toBe(503);
    expect(reply.json()).toMatchObject({ failed: ['bus'] });
    expect((await lame.app.inject({ method: 'GET', url: '/health/live' })).statusCode).toBe(200);
    await lame.app.close();
  });
});
