import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, toRfc3339 } from '@tollkeeper/kernel';
import { publishFacts } from '@tollkeeper/nest-kit';
import type { View, ViewDocument } from '@tollkeeper/ports';
import { type ContractState, toContract } from '../contracts/contract.js';
import { enforceContract } from '../contracts/enforce-contract.js';
import { type DeviceState, toDevice } from '../devices/device.js';
import type { ApiKeyState } from '../keys/api-key.js';
import { revokeApiKey } from '../keys/revoke-api-key.js';
import { type CustomerState, toCustomer } from '../parties/customer.js';
import { openClaimedTenant } from '../tenants/create-tenant.js';
import type { TenantState } from '../tenants/tenant.js';
import type { EndpointBook } from '../webhooks/endpoint-book.js';
import { everyPage } from './list-page.js';
import type { TenantContext } from './tenant-context.js';
import type { Shown } from './views.js';

/** What must follow the entries of each kind of chain; each may run again after a crash. */
export function registerFollowUps(context: TenantContext, book: EndpointBook): void {
  const { writer, views } = context;
  writer.follow('tenant-slug/', (claim) => openClaimedTenant(context, claim));
  writer.follow('tenant/', (entry) => showTenant(context, entry));
  writer.follow('key/', async (entry) => {
    const key = fromCanonicalBytes<ApiKeyState>(entry.state);
    await views.keys.put([{ ...key, id: key.keyHash, version: entry.n }]);
  });
  writer.follow('entity/', async (entry) => void (await show(views.entities, entry)));
  writer.follow('brand/', async (entry) => void (await show(views.brands, entry)));
  writer.follow('partner-record/', async (entry) => void (await show(views.partners, entry)));
  writer.follow('customer-record/', (entry) => showCustomer(context, entry));
  writer.follow('device-record/', (entry) => showDevice(context, entry));
  writer.follow('contract/', async (entry) => {
    await show(views.contracts, entry);
    await enforceContract(context, entry);
    const contract = fromCanonicalBytes<ContractState>(entry.state);
    await publishFacts(context.ports.bus, contract.tenantId, entry, [{ case: 'contractChanged', value: toContract(contract) }]);
  });
  writer.follow('webhook/', async (entry) => {
    await show(views.endpoints, entry);
    book.forget(fromCanonicalBytes<{ tenantId: string }>(entry.state).tenantId);
  });
}

async function show<S extends { readonly id: string }>(view: View<Shown<S>>, entry: Entry): Promise<S> {
  const state = fromCanonicalBytes<S>(entry.state);
  const versioned: ViewDocument & S = { ...state, version: entry.n };
  await view.put([versioned]);
  return state;
}

async function showTenant(context: TenantContext, entry: Entry): Promise<void> {
  const { id, clock } = await show<TenantState>(context.views.tenants, entry);
  if (!clock) return;
  context.ports.clocks.advance(id, clock.now);
  if (entry.kind !== 'clock_advanced') return;
  const value = create(tenantV1.TestClockSchema, { tenantId: id, now: toRfc3339(clock.now) });
  await publishFacts(context.ports.bus, id, entry, [{ case: 'clockAdvanced', value }]);
}

async function showCustomer(context: TenantContext, entry: Entry): Promise<void> {
  const customer = await show<CustomerState>(context.views.customers, entry);
  if (entry.kind === 'erased') return forgetCustomer(context, customer, entry.cause);
  await publishFacts(context.ports.bus, customer.tenantId, entry, [{ case: 'customerRegistered', value: toCustomer(customer) }]);
}

/** The record goes, and so do the keys that the customer came in with. */
async function forgetCustomer(context: TenantContext, { id, tenantId }: CustomerState, cause: string): Promise<void> {
  await context.views.records.remove([id]);
  for await (const keys of everyPage(context.views.keys, { index: 'customer', equals: [tenantId, id] }, 100)) {
    for (const { keyId } of keys) {
      await revokeApiKey(context, create(tenantV1.RevokeApiKeyRequestSchema, { tenantId, cause: `${cause}/keys`, id: keyId }));
    }
  }
}

/** An entry that is followed up late, after the device moved on, must not bring its old contract back. */
async function showDevice(context: TenantContext, entry: Entry): Promise<void> {
  const device = await show<DeviceState>(context.views.devices, entry);
  const newest = await context.writer.state<DeviceState>(entry.chain);
  if (device.contractId !== undefined && newest?.contractId === device.contractId)
    await context.applier.join(device, device.contractId);
  if (entry.kind === 'registered') {
    await publishFacts(context.ports.bus, device.tenantId, entry, [{ case: 'deviceRegistered', value: toDevice(device) }]);
  }
}
