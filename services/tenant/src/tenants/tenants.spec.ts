import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureOperatorKey } from '../bootstrap/operator-key.js';
import { loadInstallationSecret } from '../bootstrap/installation-secret.js';
import { secretHash } from '../keys/secrets.js';
import { anna, openShop, svc, TenantWorld } from '../tenant-world.fixture.js';

let world: TenantWorld;
beforeEach(async () => {
  world = await TenantWorld.open();
});
afterEach(() => world.close());

describe('a tenant', () => {
  it('is made once per request, and again found after a restart', async () => {
    const request = { cause: 'req-1', tenant: { name: 'Northgrid', slug: 'northgrid', mode: 'live' } };
    const made = await world.ask(svc.createTenant, request);
    await world.restart();
    expect(await world.ask(svc.createTenant, request)).toEqual(made);
    expect((await world.ask(svc.listTenants, { limit: 10 })).items).toEqual([made]);
    expect(await world.ask(svc.getTenant, { tenantId: made.id })).toEqual(made);
  });

  it('has a slug of its own, also when two ask for it at once', async () => {
    const ask = (cause: string) =>
      world.ask(svc.createTenant, { cause, tenant: { name: 'N', slug: 'same' } }).then(
        () => 'made',
        (problem) => problem.code,
      );
    expect((await Promise.all([ask('a'), ask('b')])).sort()).toEqual(['conflict', 'made']);
    expect((await world.ask(svc.listTenants, {})).items).toHaveLength(1);
  });

  it('is finished by the sweeper when the claim of its slug was all that a crash left', async () => {
    const { chains } = world.ports;
    const heads = chains.append.bind(chains);
    let writes = 0;
    chains.append = async (requests) => (++writes === 2 ? Promise.reject(new Error('power cut')) : heads(requests));
    await expect(world.ask(svc.createTenant, { cause: 'req-1', tenant: { name: 'N', slug: 'cut' } })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await world.restart();
    expect((await world.ask(svc.listTenants, {})).items.map(({ slug }) => slug)).toEqual(['cut']);
  });

  it('is not shown to another tenant', async () => {
    const a = await openShop(world);
    const b = await openShop(world);
    const foreign = await world.refusal(svc.getTenant, { tenantId: a.tenantId, id: b.tenantId });
    expect(foreign.code).toBe('not_found');
    const brand = await world.refusal(svc.getBrand, { tenantId: a.tenantId, id: b.brand.id });
    const absent = await world.refusal(svc.getBrand, { tenantId: a.tenantId, id: 'brd_none' });
    expect(brand.detail.replace(b.brand.id, '…')).toBe(absent.detail.replace('brd_none', '…'));
  });

  it.each([
    [{ slug: 'Not a slug', name: 'N' }, 'slug'],
    [{ slug: 'ok', name: ' ' }, 'name'],
    [{ slug: 'ok', name: 'N', mode: 'test' }, 'mode'],
    [{ slug: 'ok', name: 'N', clockStart: '2026-01-01T00:00:00Z' }, 'clock_start'],
    [{ slug: 'ok', name: 'N', mode: 'sandbox', clockStart: 'yesterday' }, 'clock_start'],
  ])('is refused for %p with the member named', async (tenant, param) => {
    expect(await world.refusal(svc.createTenant, { cause: world.cause(), tenant })).toMatchObject({
      code: 'invalid_request',
      extra: { param },
    });
  });
});

describe('an API key', () => {
  it('lets its tenant in until it is revoked', async () => {
    const { tenantId } = await openShop(world, { mode: 'sandbox' });
    const key = await world.ask(svc.createApiKey, { tenantId, cause: 'k', apiKey: { name: 'Shop', role: 'finance' } });
    expect(key.secret).toMatch(/^tk_test_[\w-]{43}$/);
    const principal = await world.ask(svc.authenticate, { keyHash: secretHash(key.secret) });
    expect(principal).toMatchObject({ tenantId, role: 'finance', mode: 'sandbox', apiKeyId: key.id });
    expect(principal.scopes).toContain('invoices:write');

    await world.ask(svc.revokeApiKey, { tenantId, cause: 'r', id: key.id });
    expect(await world.refusal(svc.authenticate, { keyHash: secretHash(key.secret) })).toMatchObject({ code: 'unauthenticated' });
    expect((await world.ask(svc.listApiKeys, { tenantId })).items[0]).toMatchObject({
      id: key.id,
      secret: '',
      revokedAt: expect.stringContaining('T'),
    });
  });

  it('is the same key for the same request, and is stored nowhere', async () => {
    const { tenantId } = await openShop(world);
    const request = { tenantId, cause: 'k', apiKey: { name: 'Shop', role: 'admin' } };
    const key = await world.ask(svc.createApiKey, request);
    await world.restart();
    expect(await world.ask(svc.createApiKey, request)).toEqual(key);
    const entries = await world.ports.chains.read(`key/${tenantId}/${key.id}`, 1, 9, 9);
    expect(entries).toHaveLength(1);
    expect(entries.map(({ body, state }) => Buffer.from(body).toString() + Buffer.from(state).toString()).join()).not.toContain(
      key.secret,
    );
  });

  it('cannot have more than its role, and a customer’s key names the customer', async () => {
    const { tenantId, brand } = await openShop(world);
    const refused = (apiKey: object) =>
      world.refusal(svc.createApiKey, { tenantId, cause: world.cause(), apiKey: { name: 'K', ...apiKey } });
    expect(await refused({ role: 'operator' })).toMatchObject({ extra: { param: 'role' } });
    expect(await refused({ role: 'support', scopes: ['payments:write'] })).toMatchObject({ extra: { param: 'scopes[0]' } });
    expect(await refused({ role: 'customer' })).toMatchObject({ extra: { param: 'customer_id' } });
    const customer = await world.ask(svc.createCustomer, { tenantId, cause: 'c', customer: { ...anna, brandId: brand.id } });
    const key = await world.ask(svc.createApiKey, {
      tenantId,
      cause: 'k',
      apiKey: { name: 'Anna', role: 'customer', customerId: customer.id },
    });
    expect(await world.ask(svc.authenticate, { keyHash: secretHash(key.secret) })).toMatchObject({ customerId: customer.id });
    await world.ask(svc.eraseCustomer, { tenantId, cause: 'e', id: customer.id });
    expect(await world.refusal(svc.authenticate, { keyHash: secretHash(key.secret) })).toMatchObject({ code: 'unauthenticated' });
  });

  it('of nobody is refused, whatever is sent as its hash', async () => {
    for (const keyHash of ['', 'x', secretHash('tk_live_nobody'), '../../etc']) {
      expect(await world.refusal(svc.authenticate, { keyHash })).toMatchObject({ code: 'unauthenticated' });
    }
  });
});

describe('the first start', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'operator-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('makes an operator key that only the owner of the file reads, once', async () => {
    const file = join(folder, 'operator.key');
    const secret = await ensureOperatorKey(world.context, { file });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe(`${secret}\n`);
    expect(await world.ask(svc.authenticate, { keyHash: secretHash(secret) })).toMatchObject({
      tenantId: '',
      role: 'operator',
      scopes: ['platform'],
    });
    await world.restart();
    await rm(file);
    expect(await ensureOperatorKey(world.context, { file })).toBe(secret);
    expect(await readFile(file, 'utf8')).toBe(`${secret}\n`);
    expect((await world.ask(svc.listApiKeys, {})).items).toHaveLength(1);
  });

  it('makes another operator key once the first is revoked', async () => {
    const file = join(folder, 'operator.key');
    const first = await ensureOperatorKey(world.context, { file });
    const { items } = await world.ask(svc.listApiKeys, {});
    await world.ask(svc.revokeApiKey, { cause: 'r', id: items[0]?.id ?? '' });
    const second = await ensureOperatorKey(world.context, { file });
    expect(second).not.toBe(first);
    expect(await readFile(file, 'utf8')).toBe(`${second}\n`);
  });

  it('makes the installation secret once, and refuses a damaged one', async () => {
    const file = join(folder, 'installation.secret');
    const made = await loadInstallationSecret(file, { bytes: (count) => new Uint8Array(count).fill(5) });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await loadInstallationSecret(file, { bytes: () => new Uint8Array(0) })).toEqual(made);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(file, 'short');
    await expect(loadInstallationSecret(file, { bytes: () => new Uint8Array(0) })).rejects.toThrow('restore it from a backup');
  });
});

it('proves all chains of the service, tenant by tenant or all together', async () => {
  const a = await openShop(world);
  await openShop(world);
  const all = await world.ask(svc.verifyChains, {});
  expect(all).toMatchObject({ chains: 8, faults: [], nextCursor: '' });
  expect(await world.ask(svc.verifyChains, { tenantId: a.tenantId })).toMatchObject({ chains: 3, faults: [] });
  let cursor = '';
  let chains = 0;
  do {
    const page = await world.ask(svc.verifyChains, { cursor, limit: 3 });
    chains += page.chains;
    cursor = page.nextCursor;
  } while (cursor !== '');
  expect(chains).toBe(8);
});
