import type { View, ViewDocument, ViewStore } from '@tollkeeper/ports';
import type { ContractState } from '../contracts/contract.js';
import type { DeviceState } from '../devices/device.js';
import type { ApiKeyState } from '../keys/api-key.js';
import type { BrandState } from '../parties/brand.js';
import type { BillingEntityState } from '../parties/billing-entity.js';
import type { CustomerState } from '../parties/customer.js';
import type { PartnerState } from '../parties/partner.js';
import type { PartyRecord } from '../parties/party-record.js';
import type { TenantState } from '../tenants/tenant.js';
import type { DeliveryDocument } from '../webhooks/delivery.js';
import type { EndpointState } from '../webhooks/endpoint.js';

export type Shown<S> = S & ViewDocument;

/** When an endpoint last took a delivery, in milliseconds of the machine's clock. Lost in a crash without harm. */
interface EndpointHealth extends ViewDocument {
  readonly lastSuccessAt: number;
}

/** A tenant by its id; the version is when a process last asked what is due for it. Lost in a crash without harm. */
type DueRound = ViewDocument;

/** The views of this service, their names with its own prefix as services share a store. Tenant first in every index but those for work that spans tenants. */
export interface TenantViews {
  readonly tenants: View<Shown<TenantState>>;
  /** By the key's hash, because that is how a caller is recognised. */
  readonly keys: View<Shown<ApiKeyState>>;
  readonly entities: View<Shown<BillingEntityState>>;
  readonly brands: View<Shown<BrandState>>;
  readonly customers: View<Shown<CustomerState>>;
  readonly partners: View<Shown<PartnerState>>;
  /** Personal data of customers and partners: durable, erasable, in no chain. */
  readonly records: View<PartyRecord>;
  readonly devices: View<Shown<DeviceState>>;
  readonly contracts: View<Shown<ContractState>>;
  readonly endpoints: View<Shown<EndpointState>>;
  readonly deliveries: View<DeliveryDocument>;
  readonly endpointHealth: View<EndpointHealth>;
  readonly dueRounds: View<DueRound>;
}

const byTenant = ['tenantId', 'createdAt'];

export function openViews(store: ViewStore): TenantViews {
  const shown = <S>(name: string, indexes: Readonly<Record<string, readonly string[]>>): View<Shown<S>> =>
    store.view<Shown<S>>({ name, kind: 'rebuildable', indexes });
  return {
    tenants: shown<TenantState>('tenants', { age: ['createdAt'], mode: ['mode', 'createdAt'] }),
    keys: shown<ApiKeyState>('tenant-api-keys', { tenant: byTenant, customer: ['tenantId', 'customerId'] }),
    entities: shown<BillingEntityState>('tenant-billing-entities', { tenant: byTenant }),
    brands: shown<BrandState>('tenant-brands', { tenant: byTenant }),
    customers: shown<CustomerState>('tenant-customers', { tenant: byTenant }),
    partners: shown<PartnerState>('tenant-partners', { tenant: byTenant }),
    records: store.view<PartyRecord>({
      name: 'tenant-party-records',
      kind: 'record',
      indexes: { reference: ['tenantId', 'kind', 'reference'] },
    }),
    devices: shown<DeviceState>('tenant-devices', {
      tenant: byTenant,
      reference: ['tenantId', 'reference'],
      customer: ['tenantId', 'customerId', 'createdAt'],
      contract: ['tenantId', 'contractId', 'createdAt'],
      partner: ['tenantId', 'partnerId', 'createdAt'],
    }),
    contracts: shown<ContractState>('tenant-contracts', {
      tenant: byTenant,
      customer: ['tenantId', 'customerId', 'createdAt'],
      reference: ['tenantId', 'reference', 'createdAt'],
    }),
    endpoints: shown<EndpointState>('tenant-webhook-endpoints', { tenant: byTenant }),
    deliveries: store.view<DeliveryDocument>({
      name: 'tenant-webhook-deliveries',
      kind: 'record',
      indexes: {
        tenant: byTenant,
        endpoint: ['tenantId', 'endpointId', 'createdAt'],
        due: ['endpointId', 'dueAt'],
        age: ['createdAt'],
        overdue: ['dueAt'],
      },
    }),
    endpointHealth: store.view<EndpointHealth>({ name: 'tenant-webhook-endpoint-health', kind: 'rebuildable', indexes: {} }),
    dueRounds: store.view<DueRound>({ name: 'tenant-due-rounds', kind: 'rebuildable', indexes: {} }),
  };
}
