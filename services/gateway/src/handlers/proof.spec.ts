import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { type GatewayWorld, openGatewayWorld } from '../gateway-world.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'gateway-proof-'));
let chains: LevelChainStore;
let views: LevelViewStore;
let world: GatewayWorld;
let auditor: string;

beforeAll(async () => {
  chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  views = await LevelViewStore.open({ folder: join(folder, 'views') });
  world = await openGatewayWorld({ chains, views });
  auditor = world.key({ tenantId: 'ten_a', scopes: ['audit:read', 'partners:write'] });
});

afterAll(async () => {
  await world.app.close();
  await chains.close();
  await views.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string, key = auditor) => world.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}` } });

describe('proving all chains', () => {
  it('goes through every service and the edge’s own chains, page by page', async () => {
    for (let i = 0; i < 3; i++) {
      const headers = { authorization: `Bearer ${auditor}`, 'idempotency-key': `k${i}` };
      await world.app.inject({ method: 'POST', url: '/v1/partners', headers, payload: { name: 'x', currency: 'SEK' } });
    }
    world.on(ratingV1.RatingService.method.verifyChains, ({ cursor, limit }) => {
      const from = Number(cursor || '0');
      const to = Math.min(5, from + limit);
      return { chains: to - from, entries: 2 * (to - from), nextCursor: to < 5 ? String(to) : '' };
    });
    world.on(invoicingV1.InvoicingService.method.verifyChains, () => ({
      chains: 1, entries: 9, faults: [{ $typeName: 'tollkeeper.rating.v1.ChainFault' as const, chain: 'series/ten_a/SE', n: 4, what: 'edited', detail: 'it was edited' }],
    }));
    const total = { chains: 0, entries: 0, faults: 0, pages: 0 };
    for (let cursor: string | undefined = ''; cursor !== undefined; total.pages++) {
      const reply: { json<T>(): T } = await get(`/v1/chains/verify?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = reply.json<{ chains: number; entries: number; faults: { n: number }[]; next_cursor?: string }>();
      total.chains += page.chains;
      total.entries += page.entries;
      total.faults += page.faults.length;
      cursor = page.next_cursor;
    }
    expect(total).toMatchObject({ chains: 5 + 1 + 3, entries: 10 + 9 + 6, faults: 1 });
    expect(total.pages).toBeGreaterThan(3);
  });

  it('refuses a cursor that it did not give out', async () => {
    for (const cursor of ['x', Buffer.from('nobody:1').toString('base64url'), Buffer.from('rating').toString('base64url')]) {
      const reply = await get(`/v1/chains/verify?cursor=${cursor}`);
      expect([reply.statusCode, reply.json<{ param: string }>().param]).toEqual([400, 'cursor']);
    }
  });
});

describe('the test clock', () => {
  it('is the sandbox’s alone', async () => {
    world.on(tenantV1.TenantService.method.getClock, () => ({ tenantId: 'ten_a', now: '2026-02-01T00:00:00Z' }));
    expect((await get('/v1/clock')).json()).toMatchObject({ now: '2026-02-01T00:00:00Z' });
    const live = world.key({ tenantId: 'ten_l', scopes: ['admin'], mode: 'live' });
    expect((await get('/v1/clock', live)).json()).toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('documents', () => {
  it('come as JSON or as PDF, by Accept or by address', async () => {
    world.on(invoicingV1.InvoicingService.method.getInvoice, ({ id }) => ({ id, number: 'SE-1' }));
    world.on(invoicingV1.InvoicingService.method.renderInvoice, () => ({ fileName: 'SE-1"\r\n.pdf', contentType: 'application/pdf', content: new Uint8Array([37, 80, 68, 70]) }));
    const key = world.key({ tenantId: 'ten_a', scopes: ['invoices:read'] });
    const read = (url: string, accept: string) => world.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}`, accept } });
    expect((await read('/v1/invoices/inv_1', 'application/json')).json()).toMatchObject({ number: 'SE-1' });
    for (const [url, accept] of [['/v1/invoices/inv_1', 'text/html;q=0.5, application/pdf'], ['/v1/invoices/inv_1/pdf', '*/*']] as const) {
      const pdf = await read(url, accept);
      expect([pdf.body, pdf.headers['content-type'], pdf.headers['content-disposition']]).toEqual(['%PDF', 'application/pdf', 'inline; filename="SE-1___.pdf"']);
    }
  });
});

describe('reminders', () => {
  it('are the letter of the receivables service, for a customer’s own invoices only', async () => {
    world.on(invoicingV1.InvoicingService.method.getInvoice, ({ id }) => ({ id, customerId: 'cus_1' }));
    world.on(receivablesV1.ReceivablesService.method.renderReminder, () => ({ fileName: 'reminder-SE-1.pdf', contentType: 'application/pdf', content: new Uint8Array([37, 80, 68, 70]) }));
    const read = (key: string) => get('/v1/invoices/inv_1/reminder/pdf', key);
    const letter = await read(world.key({ tenantId: 'ten_a', scopes: ['invoices:read'] }));
    expect([letter.statusCode, letter.body, letter.headers['content-disposition']]).toEqual([200, '%PDF', 'inline; filename="reminder-SE-1.pdf"']);
    expect((await read(world.key({ tenantId: 'ten_a', scopes: ['invoices:read'], customerId: 'cus_2' }))).statusCode).toBe(404);
  });
});

describe('a socket that does not speak HTTP', () => {
  it.each([
    ['GARBAGE\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 413],
    ['POST /v1/usage HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
    ['GET /v1/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 401],
  ])('%.20s… gets a problem document', async (sent, status) => {
    if (!world.app.getHttpServer().listening) await world.app.listen(0, '127.0.0.1');
    const { port } = world.app.getHttpServer().address() as AddressInfo;
    const said = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(sent));
      socket.on('data', (data) => (text += String(data))).on('close', () => resolve(text)).on('error', reject);
    });
    expect(said).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*content-type: application/problem\\+json[^]*"status":${status}`, 'i'));
  });
});
