import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { tenantV1 } from '@tollkeeper/contracts';
import { ApiClient, ApiProblem, ApiUnreachable, RawBody, type Wire } from './index.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Reply = (seen: Seen, response: ServerResponse) => void;

let server: Server;
let baseUrl: string;
const seen: Seen[] = [];
const replies: Reply[] = [];
const waits: number[] = [];

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => (_seen, response) =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { type: `/problems/${code}`, code, detail: 'Because.', param: 'name', request_id: 'req_1' }, headers);

beforeAll(async () => {
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces) };
      seen.push(one);
      (replies.shift() ?? json(200, {}))(one, response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  for (const list of [seen, replies, waits]) list.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Waits pass at once and are written down. */
const timers = {
  after: (delayMs: number, work: () => void) => {
    waits.push(delayMs);
    setImmediate(work);
    return () => undefined;
  },
};

function client(changes: Partial<ConstructorParameters<typeof ApiClient>[0]> = {}) {
  return new ApiClient({ baseUrl: `${baseUrl}/`, apiKey: 'tk_test_x', timers, backoff: { chance: () => 0 }, ...changes });
}

describe('a request', () => {
  it('carries key, query and body, and gives the answer typed as the API writes it', async () => {
    replies.push(json(201, { id: 'brd_1', name: 'Northgrid', primary_color: '#0b6e4f' }));
    const brand = await client().post<Wire<tenantV1.Brand>>('/v1/brands', { name: 'Northgrid' }, { query: { dry: true, none: undefined } });
    expect([brand.id, brand.primary_color, brand.logo_svg]).toEqual(['brd_1', '#0b6e4f', undefined]);
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/brands?dry=true', headers: { authorization: 'Bearer tk_test_x', 'content-type': 'application/json' } });
    expect(seen[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(String(seen[0]?.body)).toBe('{"name":"Northgrid"}');
  });

  it('is packed when it is large', async () => {
    const text = '{"specversion":"1.0"}\n'.repeat(1000);
    await client().post('/v1/usage', new RawBody('application/x-ndjson', text));
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' });
    expect(String(gunzipSync(seen[0]?.body ?? Buffer.alloc(0)))).toBe(text);
  });

  it('becomes an error that says what was wrong and what to do', async () => {
    replies.push(problem(409, 'idempotency_conflict'));
    const error = await client().post('/v1/brands', {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ status: 409, code: 'idempotency_conflict', detail: 'Because.', extra: { param: 'name', requestId: 'req_1' } });
    expect((error as ApiProblem).mend).toContain('fresh key');
    replies.push((_seen, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>nginx</h1>'));
    await expect(client().get('/v1/me')).rejects.toMatchObject({ code: 'unexpected_answer', status: 404 });
  });
});

describe('trouble', () => {
  it('waits as long as it is told, then sends the same request under the same key', async () => {
    replies.push(problem(503, 'unavailable', { 'retry-after': '7' }), problem(429, 'rate_limited'), json(200, { ok: true }));
    expect(await client().post('/v1/brands', { name: 'x' })).toEqual({ ok: true });
    expect(waits).toEqual([7000, 500]);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(seen.map(({ body }) => String(body))).toEqual(['{"name":"x"}', '{"name":"x"}', '{"name":"x"}']);
  });

  it('gives up after its tries, and does not try again what will not change', async () => {
    replies.push(problem(503, 'unavailable'), problem(503, 'unavailable'));
    await expect(client({ backoff: { attempts: 2, chance: () => 0 } }).get('/v1/me')).rejects.toMatchObject({ code: 'unavailable' });
    expect(seen).toHaveLength(2);
    replies.push(problem(400, 'invalid_request'));
    await expect(client().get('/v1/me')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(seen).toHaveLength(3);
  });

  it('tries again when the line breaks, and says so when nothing answers', async () => {
    replies.push((_seen, response) => void response.destroy(), json(200, { ok: true }));
    expect(await client().get('/v1/me')).toEqual({ ok: true });
    const lost = client({ baseUrl: 'http://127.0.0.1:1', backoff: { attempts: 2 } }).get('/v1/me').catch((thrown: unknown) => thrown);
    const error = await lost;
    expect(error).toBeInstanceOf(ApiUnreachable);
    expect((error as ApiUnreachable).mend).toContain('npm start');
  });
});

describe('lists and downloads', () => {
  it('follows the cursor to the end', async () => {
    replies.push(json(200, { items: [1, 2], next_cursor: 'a/b' }), json(200, { items: [3] }));
    const items: number[] = [];
    for await (const item of client().list<number>('/v1/invoices', { customer_id: 'cus_1' })) items.push(item);
    expect(items).toEqual([1, 2, 3]);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/invoices?limit=100&customer_id=cus_1', '/v1/invoices?limit=100&customer_id=cus_1&cursor=a%2Fb']);
  });

  it('streams a document with its name', async () => {
    replies.push((_seen, response) => void response.writeHead(200, { 'content-type': 'application/pdf', 'content-disposition': 'inline; filename="SE-2026-1.pdf"' }).end('%PDF'));
    const { content, contentType, fileName } = await client().download('/v1/invoices/inv_1/pdf', 'application/pdf');
    expect([contentType, fileName, await new Response(content).text()]).toEqual(['application/pdf', 'SE-2026-1.pdf', '%PDF']);
    expect(seen[0]?.headers.accept).toBe('application/pdf');
  });
});
