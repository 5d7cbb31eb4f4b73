import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Route, routeTable, sampleRequest } from '@tollkeeper/gateway-service';
import { type EmbeddedProcess, newFolder, startForTest } from './embedded-process.fixture.js';
import { furnish, type FurnishedTenant, withIds } from './furnished-tenant.fixture.js';

jest.setTimeout(60_000);

const folder = newFolder('isolation');
let platform: EmbeddedProcess;
let ours: FurnishedTenant;
let theirs: FurnishedTenant;

/** The price list and the device are those of the examples, so that bodies name them. */
const ourNames = { meter: 'our-meter', priceList: 'standard-2026', mapping: 'our-mapping', device: 'SE*NGR*E0001' };
const theirNames = { meter: 'their-meter', priceList: 'their-list', mapping: 'their-mapping', device: 'SE*THEIR*DEVICE' };

beforeAll(async () => {
  platform = await startForTest(folder.path);
  ours = await furnish(platform, 'ours', ourNames);
  theirs = await furnish(platform, 'theirs', theirNames);
});

afterAll(async () => {
  await platform.kill();
  folder.remove();
});

interface Ask {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

interface Told {
  readonly status: number;
  readonly text: string;
}

async function send(ask: Ask, key: string): Promise<Told> {
  const response = await fetch(`${platform.address}${ask.url}`, {
    method: ask.method,
    headers: { ...ask.headers, authorization: `Bearer ${key}` },
    ...(ask.body === undefined || ask.method === 'GET' ? {} : { body: ask.body }),
  });
  return { status: response.status, text: Buffer.from(await response.arrayBuffer()).toString('latin1') };
}

/** The route's own example, about the things of `tenant`; `named` replaces one of its names. */
function askAbout(route: Route, tenant: FurnishedTenant): Ask {
  const { meter, priceList, mapping, device } = tenant.names;
  const code = { getMeter: meter, getPriceList: priceList, getMapping: mapping }[route.operationId] ?? '';
  const sample = sampleRequest(route, { ...(code === '' ? {} : { code }), ...(route.params?.['reference'] ? { reference: device } : {}) });
  return { ...sample, url: withIds(sample.url, tenant.ids), body: sample.body === undefined ? undefined : withIds(sample.body, tenant.ids) };
}

/** What is left of a problem once the words that the caller sent are taken out. */
function withoutOwnWords(told: Told, words: readonly string[]): Told {
  const problem = JSON.parse(told.text) as Record<string, unknown>;
  delete problem['request_id'];
  delete problem['instance'];
  let text = JSON.stringify(problem);
  for (const word of words) text = text.replaceAll(word, '…');
  return { status: told.status, text };
}

/** The same ids with one sign changed: well formed, and nobody's. */
function absentTwin(id: string): string {
  return id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
}

function absent(tenant: FurnishedTenant): FurnishedTenant {
  const ids = Object.fromEntries(Object.entries(tenant.ids).map(([prefix, id]) => [prefix, absentTwin(id)]));
  const names = Object.fromEntries(Object.entries(tenant.names).map(([name, text]) => [name, absentTwin(text)]));
  return { ...tenant, ids, names: names as unknown as FurnishedTenant['names'] };
}

const named = routeTable.map((route) => [`${route.method} ${route.path}`, route] as const);
const ofTenants = named.filter(([, route]) => route.scope !== 'public' && route.scope !== 'platform');
const withParams = ofTenants.filter(([, route]) => route.params);
const lists = ofTenants.filter(([, route]) => route.method === 'GET' && !route.params);

/** Every prefix and name that a path, query or body of the API can hold; a new kind of id must be furnished, or this fails. */
describe('the furnished tenants', () => {
  it('have one of everything that an address can name', () => {
    const examples = routeTable.flatMap((route) => {
      const { url, body } = sampleRequest(route);
      return [...`${url} ${body ?? ''}`.matchAll(/\b([a-z]{3})_01kd3v8q2mexample000000000\b/g)].map(([, prefix]) => prefix ?? '');
    });
    expect([...new Set(examples)].filter((prefix) => ours.ids[prefix] === undefined)).toEqual([]);
    const params = routeTable.flatMap((route) => Object.entries(route.params ?? {}).filter(([, { example }]) => !example.endsWith('example000000000')).map(([name]) => `${name} of ${route.operationId}`));
    const known = /^(reference of .*|code of (getMeter|getPriceList|getMapping))$/;
    expect(params.filter((param) => !known.test(param))).toEqual([]);
  });

  it.each(withParams.filter(([, { effect }]) => effect === 'read'))('%s shows a tenant its own', async (_name, route) => {
    expect([route.operationId, (await send(askAbout(route, ours), ours.apiKey)).status]).toEqual([route.operationId, route.answer.status]);
  });
});

/** Sent by `key`: what is answered about a thing of `tenant` and about one that is not there must be the same. */
async function bothAnswers(route: Route, key: string, tenant: FurnishedTenant): Promise<readonly [Told, Told]> {
  const nobody = absent(tenant);
  const foreign = await send(askAbout(route, tenant), key);
  const missing = await send(askAbout(route, nobody), key);
  return [withoutOwnWords(foreign, wordsOf(tenant)), withoutOwnWords(missing, wordsOf(nobody))];
}

function wordsOf({ ids, names }: FurnishedTenant): readonly string[] {
  return [...Object.values(ids), ...Object.values(names), ...Object.values(names).map(encodeURIComponent)];
}

/** Everything that a tenant's administrator can read. */
async function everythingOf(tenant: FurnishedTenant): Promise<Readonly<Record<string, string>>> {
  const seen: Record<string, string> = {};
  for (const [name, route] of ofTenants) if (route.effect === 'read' && route.method === 'GET') seen[name] = (await send(askAbout(route, tenant), tenant.apiKey)).text;
  return seen;
}

/** The words by which something of `tenant` would be recognised in an answer. */
function leaks(text: string, { id, ids, names }: FurnishedTenant): readonly string[] {
  return [id, ...Object.values(ids), ...Object.values(names)].filter((word) => text.includes(word));
}

describe('between tenants', () => {
  let before: Readonly<Record<string, string>>;

  beforeAll(async () => {
    before = await everythingOf(theirs);
  });

  it.each(withParams)('%s answers for another tenant\'s thing as for one that is not there', async (_name, route) => {
    const [foreign, missing] = await bothAnswers(route, ours.apiKey, theirs);
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(missing);
  });

  it.each(ofTenants.filter(([, route]) => route.body?.kind === 'json'))('%s takes no id of another tenant in its body', async (_name, route) => {
    const own = askAbout(route, ours);
    for (const [word, foreign, missing] of namesIn(route, own.body ?? '')) {
      const swap = (to: string) => send({ ...own, body: (own.body ?? '').replaceAll(`"${word}"`, `"${to}"`) }, ours.apiKey);
      const [a, b] = [await swap(foreign), await swap(missing)];
      expect([word, a.status]).toEqual([word, b.status]);
      expect([word, a.status >= 400 || refusesEach(a)]).toEqual([word, true]);
      expect(withoutOwnWords(a, [foreign])).toEqual(withoutOwnWords(b, [missing]));
    }
  });

  it.each(ofTenants.filter(([, route]) => route.query))('%s filters by another tenant\'s id as by one that is not there', async (_name, route) => {
    const own = askAbout(route, ours);
    for (const name of Object.keys(route.query?.shape ?? {})) {
      if (neutralFilters.has(name)) continue;
      const filter = filters[name];
      if (filter === undefined) throw new Error(`${route.operationId} takes ${name}; say here what it names`);
      const asked = (value: string) => send({ ...own, url: `${own.url.split('?')[0]}?${filterText(route, name, value)}` }, ours.apiKey);
      const [a, b] = [await asked(filter(theirs)), await asked(absentTwin(filter(theirs)))];
      expect([name, a.status]).toEqual([name, b.status]);
      expect(stripVolatile(a.text, filter(theirs))).toBe(stripVolatile(b.text, absentTwin(filter(theirs))));
    }
  });

  it.each(ofTenants.filter(([, { effect, method }]) => effect === 'read' && method === 'GET'))('%s shows nothing of another tenant', async (_name, route) => {
    for (const [tenant, other] of [[ours, theirs], [theirs, ours]] as const) {
      const { text } = await send(askAbout(route, tenant), tenant.apiKey);
      expect(leaks(text, other).filter((word) => !wordsOf(tenant).includes(word))).toEqual([]);
    }
  });

  it.each(['finance', 'support'])('holds for a key of the role %s as well', async (role) => {
    const { secret } = await ours.client.post<{ secret: string }>('/v1/api-keys', { name: role, role });
    for (const [name, route] of withParams) {
      const [foreign, missing] = await bothAnswers(route, secret, theirs);
      expect([name, [403, 404].includes(foreign.status), foreign]).toEqual([name, true, missing]);
    }
    for (const [, route] of lists) expect(leaks((await send(askAbout(route, ours), secret)).text, theirs)).toEqual([]);
  });

  it('leaves the other tenant exactly as it was', async () => {
    const after = await everythingOf(theirs);
    for (const [name, text] of Object.entries(before)) if (!changesByItself(name)) expect([name, after[name]]).toEqual([name, text]);
  });
});

/** Deliveries to nobody are tried again as real time passes. */
function changesByItself(name: string): boolean {
  return name.endsWith('/v1/webhook-deliveries');
}

/** What each filter of a list names. */
const filters: Readonly<Record<string, (tenant: FurnishedTenant) => string>> = {
  customer_id: ({ ids }) => ids['cus'] ?? '',
  partner_id: ({ ids }) => ids['par'] ?? '',
  contract_id: ({ ids }) => ids['con'] ?? '',
  endpoint_id: ({ ids }) => ids['whk'] ?? '',
  bill_run_id: ({ ids }) => ids['run'] ?? '',
  billing_entity_id: ({ ids }) => ids['ent'] ?? '',
  reference: ({ names }) => names.device,
  mapping: ({ names }) => names.mapping,
};
const neutralFilters = new Set(['limit', 'cursor', 'currency', 'status', 'reason', 'number', 'name', 'from', 'to', 'with_body']);

function filterText(route: Route, name: string, value: string): string {
  const others = route.operationId === 'importFile' && name === 'mapping' ? 'name=a.csv&' : '';
  return `${others}${name}=${encodeURIComponent(value)}`;
}

function stripVolatile(text: string, word: string): string {
  return text.replace(/"request_id":"[^"]*"/, '').replaceAll(word, '…').replaceAll(encodeURIComponent(word), '…');
}

/** Devices are registered or refused one by one, under 201. */
function refusesEach({ text }: Told): boolean {
  const { items, refused } = JSON.parse(text) as { readonly items?: readonly object[]; readonly refused?: readonly object[] };
  return items?.length === 0 && (refused?.length ?? 0) > 0;
}

/** Our words in a body, each with theirs and with one that is nobody's. Names are free words but where a contract refers to them. */
function namesIn(route: Route, body: string): readonly (readonly [string, string, string])[] {
  const nobody = absent(theirs);
  const pairs = [
    ...Object.keys(ours.ids).map((prefix) => [ours.ids[prefix] ?? '', theirs.ids[prefix] ?? '', nobody.ids[prefix] ?? ''] as const),
    ...(route.path.startsWith('/v1/contracts') ? (['priceList', 'device'] as const) : []).map((name) => [ours.names[name], theirs.names[name], nobody.names[name]] as const),
  ];
  return pairs.filter(([word]) => body.includes(`"${word}"`));
}

describe('within a tenant', () => {
  it.each(['customer', 'partner'] as const)('a key bound to one %s sees its own and nothing else', async (role) => {
    const idName = `${role}_id` as const;
    const own = role === 'customer' ? ours.ids['cus'] : ours.ids['par'];
    const { id: stranger } = role === 'customer'
      ? await ours.client.post<{ id: string }>('/v1/customers', { kind: 'consumer', brand_id: ours.ids['brd'], name: 'Somebody else', country: 'SE' })
      : await ours.client.post<{ id: string }>('/v1/partners', { name: 'Somebody else', currency: 'SEK' });
    const keyOf = async (bound: string | undefined) => (await ours.client.post<{ secret: string }>('/v1/api-keys', { name: role, role, [idName]: bound })).secret;
    const [ownKey, strangeKey] = [await keyOf(own), await keyOf(stranger)];
    for (const [name, route] of withParams) {
      const [foreign, missing] = await bothAnswers(route, strangeKey, ours);
      expect([name, [403, 404].includes(foreign.status), foreign]).toEqual([name, true, missing]);
      const mine = await send(askAbout(route, ours), ownKey);
      expect([name, mine.status]).toEqual([name, foreign.status === 404 ? route.answer.status : 403]);
    }
    const belongings = [ours.ids['cus'], ours.ids['con'], ours.ids['inv'], ours.ids['pay'], ours.ids['par'], ours.ids['sta'], ours.names.device];
    for (const [name, route] of lists) {
      const { text } = await send(askAbout(route, ours), strangeKey);
      expect([name, belongings.filter((word) => word !== undefined && text.includes(word))]).toEqual([name, []]);
    }
  });

  it('the operator of the installation has no way into a tenant\'s books, and tenants none to the operator\'s', async () => {
    for (const [name, route] of ofTenants) {
      if (route.scope === 'any' || (Array.isArray(route.scope) && route.scope.includes('platform'))) continue;
      expect([name, (await send(askAbout(route, ours), platform.operatorKey)).status]).toEqual([name, 403]);
    }
    for (const [name, route] of named.filter(([, { scope }]) => scope === 'platform')) {
      const [foreign, missing] = await bothAnswers(route, ours.apiKey, theirs);
      expect([name, foreign.status, foreign]).toEqual([name, 403, missing]);
    }
  });
});
