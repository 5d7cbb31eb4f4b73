import type { tenantV1 } from '@tollkeeper/contracts';
import { derivedId, type Instant } from '@tollkeeper/kernel';
import type { ContractState } from '../contracts/contract.js';
import type { CustomerState } from '../parties/customer.js';
import type { PartnerState } from '../parties/partner.js';
import { type ChainKind, referred } from '../shell/chains.js';
import { optionalText, refuse, requiredText } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import type { DeviceState } from './device.js';

const longestReference = 255;
const mostTags = 20;

/** What devices of one request refer to, each read once. */
export class DeviceReferences {
  private readonly reads = new Map<string, Promise<unknown>>();

  constructor(
    private readonly context: TenantContext,
    private readonly tenantId: string,
  ) {}

  customer(id: string): Promise<CustomerState> {
    return this.once('customer-record', id, { what: 'customer', param: 'customer_id' });
  }

  contract(id: string): Promise<ContractState> {
    return this.once('contract', id, { what: 'contract', param: 'contract_id' });
  }

  partner(id: string): Promise<PartnerState> {
    return this.once('partner-record', id, { what: 'partner', param: 'partner_id' });
  }

  private once<S>(kind: ChainKind, id: string, at: { what: string; param: string }): Promise<S> {
    const key = `${kind}/${id}`;
    const read = (this.reads.get(key) as Promise<S> | undefined) ?? referred<S>(this.context, kind, this.tenantId, id, at);
    this.reads.set(key, read);
    return read;
  }
}

/** The tenant's own name for a device: any text without control characters, as usage will spell it. */
export function deviceReference(text: string): string {
  return requiredText(text, 'reference', longestReference);
}

/** @throws Problem `invalid_request` naming the first member that cannot be right. */
export async function checkDevice(
  given: tenantV1.Device,
  made: { readonly tenantId: string; readonly cause: string; readonly index: number; readonly createdAt: Instant },
  references: DeviceReferences,
): Promise<DeviceState> {
  const reference = deviceReference(given.reference);
  const contract = given.contractId === '' ? undefined : await references.contract(given.contractId);
  if (contract && given.customerId !== '' && given.customerId !== contract.customerId) {
    refuse(
      'customer_id',
      `The contract ${contract.id} is of the customer ${contract.customerId}; leave customer_id out, or name that one.`,
    );
  }
  const customerId = contract?.customerId ?? given.customerId;
  const customer = customerId === '' ? undefined : await references.customer(customerId);
  const department = optionalText(given.department, 'department', 40);
  if (department !== '' && !customer?.departments.some(({ code }) => code === department)) {
    refuse(
      'department',
      `The customer has no department “${department}”; use the code of one that it has, or leave department out.`,
    );
  }
  if (given.partnerId !== '') await references.partner(given.partnerId);
  return {
    id: derivedId('device', made.tenantId, made.cause, made.index),
    tenantId: made.tenantId,
    reference,
    name: given.name === '' ? reference : requiredText(given.name, 'name'),
    kind: given.kind === '' ? 'device' : requiredText(given.kind, 'kind', 40),
    ...(customerId === '' ? {} : { customerId }),
    ...(department === '' ? {} : { department }),
    ...(contract ? { contractId: contract.id } : {}),
    ...(given.partnerId === '' ? {} : { partnerId: given.partnerId }),
    tags: checkTags(given.tags),
    createdAt: made.createdAt,
  };
}

function checkTags(given: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(given);
  if (entries.length > mostTags) refuse('tags', `A device has at most ${mostTags} tags.`);
  return Object.fromEntries(
    entries.map(([key, value]) => [requiredText(key, 'tags', 40), optionalText(value, `tags.${key.slice(0, 40)}`)]),
  );
}
