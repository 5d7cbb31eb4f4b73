/**
 * Data folders with tenants, prices and device accounts, made once and copied for each run. Tenants and prices come in over
 * HTTP; the accounts of up to a million devices are written through rating's own modules, as applying a contract would
 * write them. Their view documents are left out: usage never reads them.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { encodeEntry, nextEntry, toCanonicalBytes } from '@tollkeeper/kernel';
import { encodeState } from '../../services/rating/dist/actors/account-state.js';
import { deviceChain } from '../../services/rating/dist/actors/account-store.js';
import { termsDraft } from '../../services/rating/dist/actors/set-terms.js';
import { cacheFolder } from './folders.mjs';
import { startPlatform } from './platform.mjs';
import { deviceReference, priceKind, priceLists, startMs, tenantCount, tenantOf } from './workload.mjs';

/** Where the test clocks of the tenants stand: everything that a run sends was measured by then. */
const clockMs = startMs + 6 * 3_600_000;
export const day = new Date(clockMs).toISOString().slice(0, 10);
const accountsAtOnce = 4096;

export function contractTerms(device) {
  return {
    deviceId: `dev_${device}`, deviceName: '', customerId: `cus_${device % 1000}`, contractId: `con_${priceKind(device)}`, contractVersion: 1,
    department: '', partnerId: '', currency: 'EUR', timeZone: 'UTC', period: { every: 'month', anchor_day: 1 }, priceLists: [priceKind(device)],
    fees: [], hold: { threshold: '', minimum: '', longestDays: 0 }, startDate: '2026-01-01', endDate: '',
  };
}

export function priceListBody({ code, prices }) {
  return { code, name: code, currency: 'EUR', tax_inclusive: false, versions: [{ effective_from: '2026-01-01T00:00:00Z', prices }] };
}

export const energyMeter = { code: 'energy', name: 'Energy', aggregation: 'sum', unit: 'kWh' };

/**
 * Changes when accounts are written in other bytes or the bench wants other ones. Everything else in a template is what any
 * release of the product must be able to open.
 */
function layoutKey() {
  const digest = createHash('sha256');
  for (let device = 0; device < 10; device++) digest.update(encodeEntry(accountEntry(device, [{ id: 'ten_sample' }])));
  digest.update(JSON.stringify({ layout: 2, tenantCount, clockMs, energyMeter, lists: priceLists.map(priceListBody) }));
  return digest.digest('hex').slice(0, 12);
}

/** The template with so many devices, made when there is none of this code. */
export async function templateOf(devices, say) {
  const folder = join(cacheFolder, `template-${layoutKey()}-${devices}`);
  if (existsSync(folder)) return folder;
  say(`preparing a data folder with ${devices.toLocaleString('en')} devices`);
  for (const name of existsSync(cacheFolder) ? readdirSync(cacheFolder) : []) {
    if (name.startsWith('template-') && !name.includes(layoutKey())) rmSync(join(cacheFolder, name), { recursive: true, force: true });
  }
  const draft = `${folder}.draft-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const tenants = await makeTenants(join(draft, 'data'));
  await writeAccounts(join(draft, 'data/rating/chains'), devices, tenants);
  writeFileSync(join(draft, 'tenants.json'), JSON.stringify(tenants));
  renameSync(draft, folder);
  return folder;
}

/** A copy of a template's data folder and its tenants. Tables of LevelDB never change, so they are linked. */
export function copyTemplate(template, target) {
  rmSync(target, { recursive: true, force: true });
  const from = join(template, 'data');
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const to = join(target, path.slice(from.length));
    if (entry.isDirectory()) mkdirSync(to, { recursive: true });
    else {
      mkdirSync(join(to, '..'), { recursive: true });
      if (entry.name.endsWith('.ldb')) linkSync(path, to);
      else copyFileSync(path, to);
    }
  }
  return JSON.parse(readFileSync(join(template, 'tenants.json'), 'utf8'));
}

async function makeTenants(dataFolder) {
  const platform = await startPlatform(dataFolder);
  const operator = readFileSync(join(dataFolder, 'operator.key'), 'utf8').trim();
  const post = async (path, key, body) => {
    const answer = await fetch(`http://127.0.0.1:${platform.port}${path}`, {
      method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  };
  const tenants = [];
  for (let i = 0; i < tenantCount; i++) {
    const { id } = await post('/v1/tenants', operator, { name: `Bench ${i}`, slug: `bench-${i}`, mode: 'sandbox', clock_start: new Date(clockMs).toISOString() });
    const { secret } = await post(`/v1/tenants/${id}/api-keys`, operator, { name: 'bench', role: 'admin' });
    await post('/v1/meters', secret, energyMeter);
    for (const list of priceLists) await post('/v1/price-lists', secret, priceListBody(list));
    tenants.push({ id, secret });
  }
  await platform.stop();
  return tenants;
}

async function writeAccounts(folder, devices, tenants) {
  const chains = await LevelChainStore.open({ folder, writeBufferBytes: 64 << 20 });
  for (let from = 0; from < devices; from += accountsAtOnce) {
    const requests = [];
    for (let device = from; device < Math.min(devices, from + accountsAtOnce); device++) {
      requests.push({ entry: accountEntry(device, tenants), causeIndexed: true, pending: false });
    }
    await chains.append(requests);
  }
  await chains.close();
}

/** What putting the device under its contract would write. */
function accountEntry(device, tenants) {
  const { kind, body, state } = termsDraft(undefined, contractTerms(device), clockMs);
  const tenant = tenants[tenantOf(device)] ?? tenants[0];
  const draft = { bookedAt: clockMs, cause: `contract/con_${priceKind(device)}/1`, kind, body: toCanonicalBytes(body), state: encodeState(state) };
  return nextEntry(deviceChain(tenant.id, deviceReference(device)), undefined, draft);
}
