import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { type AppendRequest, type ChainStore, StoreUnavailable } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { type GatewayWorld, openGatewayWorld } from '../gateway-world.fixture.js';
import { Idempotency } from './idempotency.js';

const folder = mkdtempSync(join(tmpdir(), 'gateway-idempotency-'));
const keepAnswersMs = 60_000;
let chains: LevelChainStore;
let views: LevelViewStore;
let world: GatewayWorld;
let admin: string;
/** Appends of this kind fail once, before or after they happened. */
let fault: { readonly kind: string; readonly when: 'before' | 'after' } | undefined;

beforeAll(async () => {
  chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  views = await LevelViewStore.open({ folder: join(folder, 'views') });
  world = await openGatewayWorld({ chains: faulty(chains), views }, { keepAnswersMs });
  admin = world.key({ tenantId: 'ten_a', scopes: ['admin'] });
});

beforeEach(() => {
  world.asked.length = 0;
  let made = 0;
  world.on(tenantV1.TenantService.method.createPartner, ({ partner }) => ({ ...partner, id: `par_${++made}` }));
});

afterAll(async () => {
  await world.app.close();
  await chains.close();
  await views.close();
  rmSync(folder, { recursive: true });
});

function faulty(store: ChainStore): ChainStore {
  const append = async (requests: readonly AppendRequest[]) => {
    const now = fault && requests.some(({ entry }) => entry.kind === fault?.kind) ? fault : undefined;
    if (now) fault = undefined;
    if (now?.when === 'before') throw new StoreUnavailable('the process died here');
    const outcomes = await store.append(requests);
    if (now) throw new StoreUnavailable('the process died here');
    return outcomes;
  };
  return new Proxy(store, { get: (target, name: keyof ChainStore) => (name === 'append' ? append : target[name].bind(target)) });
}

async function create(key: string, name = 'Hamnen', caller = admin) {
  const reply = await world.app.inject({
    method: 'POST', url: '/v1/partners',
    headers: { authorization: `Bearer ${caller}`, 'idempotency-key': key },
    payload: { name, currency: 'SEK' },
  });
  return { status: reply.statusCode, replayed: reply.headers['idempotency-replayed'], location: reply.headers['location'], json: reply.json() as Record<string, unknown> };
}

const causes = () => world.asked.map(({ request }) => request['cause']);

describe('a write with an Idempotency-Key', () => {
  it('happens once and is answered the same again', async () => {
    const first = await create('k-once');
    expect(first).toMatchObject({ status: 201, json: { id: 'par_1' }, location: undefined === first.location ? undefined : '/v1/partners/par_1' });
    const again = await create('k-once');
    expect(again).toEqual({ ...first, replayed: 'true' });
    expect(world.asked).toHaveLength(1);
  });

  it('conflicts with another request under the same key, but not with another tenant’s', async () => {
    await create('k-other');
    expect(await create('k-other', 'Varvet')).toMatchObject({ status: 409, json: { code: 'idempotency_conflict', param: 'Idempotency-Key' } });
    const neighbour = world.key({ tenantId: 'ten_b', scopes: ['admin'] });
    expect((await create('k-other', 'Varvet', neighbour)).replayed).toBeUndefined();
  });

  it('goes on under the first cause when the process died between asking and answering', async () => {
    for (const [key, when] of [['k-before', 'before'], ['k-after', 'after']] as const) {
      world.asked.length = 0;
      fault = { kind: 'answered', when };
      expect(await create(key)).toMatchObject({ status: 503, json: { code: 'unavailable' } });
      const again = await create(key);
      expect(again).toMatchObject({ status: 201, replayed: 'true' });
      expect(new Set(causes()).size).toBe(1);
      expect((await create(key)).json).toEqual(again.json);
    }
  });

  it('is not begun twice when the reply to its first entry was lost', async () => {
    fault = { kind: 'requested', when: 'after' };
    expect((await create('k-lost')).status).toBe(503);
    expect(world.asked).toHaveLength(0);
    expect(await create('k-lost')).toMatchObject({ status: 201, replayed: 'true' });
  });

  it('shares one cause among simultaneous requests', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => create('k-many')));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(new Set(causes()).size).toBe(1);
    expect(replies.filter(({ replayed }) => replayed === undefined)).toHaveLength(1);
  });

  it('may succeed later after a refusal', async () => {
    let refuse = true;
    world.on(tenantV1.TenantService.method.createPartner, ({ partner }) => {
      if (refuse) throw new Problem('unprocessable', 'Not yet.');
      return { ...partner, id: 'par_late' };
    });
    expect((await create('k-later')).status).toBe(422);
    refuse = false;
    expect(await create('k-later')).toMatchObject({ status: 201, json: { id: 'par_late' } });
  });

  it('asks the service again when the kept answer is gone', async () => {
    await create('k-old');
    world.wait(keepAnswersMs + 2_000);
    const idempotency = new Idempotency({ ...world.ports, chains, views }, keepAnswersMs);
    expect(await idempotency.sweep()).toBeGreaterThan(0);
    expect(await create('k-old')).toMatchObject({ status: 201, replayed: 'true' });
    expect(new Set(causes()).size).toBe(1);
  });

  it('names what is wrong with the key itself', async () => {
    expect(await create('two words')).toMatchObject({ status: 400, json: { param: 'Idempotency-Key' } });
    expect((await create('x'.repeat(256))).status).toBe(400);
  });

  it('leaves neither secrets nor names in chains', async () => {
    world.on(tenantV1.TenantService.method.createPartner, ({ partner }) => ({ ...partner, id: 'par_secret' }));
    await create('k-secret', 'Zanzibar Holding');
    const files = readdirSync(join(folder, 'chains'), { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    expect(files.some((file) => readFileSync(join(file.parentPath, file.name)).includes('Zanzibar'))).toBe(false);
    expect(files.some((file) => readFileSync(join(file.parentPath, file.name)).includes('k-secret'))).toBe(false);
  });
});
