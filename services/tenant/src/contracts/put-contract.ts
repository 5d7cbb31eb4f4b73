import { create } from '@bufbuild/protobuf';
import { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { derivedId, fromCanonicalBytes, type Instant, Problem } from '@tollkeeper/kernel';
import { deviceReference } from '../devices/check-device.js';
import type { DeviceState } from '../devices/device.js';
import type { BillingEntityState } from '../parties/billing-entity.js';
import type { BrandState } from '../parties/brand.js';
import type { CustomerState } from '../parties/customer.js';
import { chainName, notFound, referred, stateOf } from '../shell/chains.js';
import { refuse } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { amendedContract, type ContractDefaults, newContract } from './check-contract.js';
import { type ContractChange, type ContractState, isFree, toContract } from './contract.js';

/** Devices that one version may add by name; more come with further amendments, or name the contract when registered. */
const mostDevices = 5_000;

/** A new contract or its next version. The answer comes when rating knows it: usage that is sent next finds its account. */
export async function putContract(context: TenantContext, request: tenantV1.PutContractRequest): Promise<tenantV1.Contract> {
  const { tenantId, cause } = request;
  const given = request.contract ?? create(tenantV1.ContractSchema);
  const id = given.id === '' ? derivedId('contract', tenantId, cause) : given.id;
  const chain = chainName('contract', tenantId, id);
  const earlier = await context.ports.chains.findCause(chain, cause);
  const plan = earlier ? undefined : await planOf(context, tenantId, id, given);
  const { entry } = await context.writer.execute<ContractState>({
    chain,
    cause,
    now: context.ports.clocks.now(tenantId),
    decide: (present) => {
      if (!plan) throw new Problem('internal', `The entry of ${cause} is gone from ${chain}.`);
      const state = plan.next(present);
      const body: ContractChange = { devices: plan.devices, termsChanged: present !== undefined && changesTerms(present, state) };
      return { kind: present ? 'amended' : 'concluded', body, state };
    },
  });
  if (!entry) throw new Problem('internal', `The contract ${id} was not written.`);
  const { devices } = fromCanonicalBytes<ContractChange>(entry.body);
  await refuseLostDevices(context, tenantId, id, devices);
  return toContract(fromCanonicalBytes<ContractState>(entry.state), devices);
}

interface Plan {
  readonly devices: readonly string[];
  /** Pure, as it may be asked again when another amendment was faster. */
  next(present: ContractState | undefined): ContractState;
}

async function planOf(context: TenantContext, tenantId: string, id: string, given: tenantV1.Contract): Promise<Plan> {
  if (given.id !== '') {
    const present = await stateOf<ContractState>(context, 'contract', tenantId, id, 'contract');
    const next = (newest: ContractState | undefined) => {
      if (!newest) throw notFound('contract', id);
      return amendedContract(newest, given);
    };
    return { devices: await checkReferences(context, next(present), given), next };
  }
  const customer = await referred<CustomerState>(context, 'customer-record', tenantId, given.customerId, {
    what: 'customer',
    param: 'customer_id',
  });
  if (customer.erasedAt !== undefined) refuse('customer_id', 'The customer was erased and can have no new contract.');
  const brand = await stateOf<BrandState>(context, 'brand', tenantId, customer.brandId, 'brand');
  const entity = await stateOf<BillingEntityState>(context, 'entity', tenantId, brand.billingEntityId, 'billing entity');
  const now = context.ports.clocks.now(tenantId);
  const defaults: ContractDefaults = {
    id,
    tenantId,
    currency: entity.currency,
    timeZone: entity.timeZone,
    today: dayIn(entity.timeZone, now),
    createdAt: now,
  };
  const contract = newContract(given, defaults);
  return { devices: await checkReferences(context, contract, given), next: () => contract };
}

/** What the contract names in other places: price lists, and devices that are free to come under it. */
async function checkReferences(
  context: TenantContext,
  contract: ContractState,
  given: tenantV1.Contract,
): Promise<readonly string[]> {
  if (given.priceLists.length > 0)
    await Promise.all(contract.priceLists.map((code, i) => checkPriceList(context, contract, code, `price_lists[${i}]`)));
  if (given.devices.length > mostDevices)
    refuse('devices', `One version adds at most ${mostDevices} devices by name; send the others as amendments.`);
  const devices = [...new Set(given.devices.map(deviceReference))];
  const heads = await context.ports.chains.heads(
    devices.map((reference) => chainName('device-record', contract.tenantId, reference)),
  );
  const otherContracts = new Map<string, Promise<ContractState | undefined>>();
  for (const [i, head] of heads.entries()) {
    const param = `devices[${i}]`;
    if (!head) refuse(param, `There is no device “${devices[i]}” here; register it first.`);
    const device = fromCanonicalBytes<DeviceState>(head.state);
    if (device.customerId !== undefined && device.customerId !== contract.customerId) {
      refuse(
        param,
        `The device “${device.reference}” is of the customer ${device.customerId}, the contract of ${contract.customerId}.`,
      );
    }
    if (device.contractId === undefined || device.contractId === contract.id) continue;
    const name = chainName('contract', contract.tenantId, device.contractId);
    const other = otherContracts.get(name) ?? context.writer.state<ContractState>(name);
    otherContracts.set(name, other);
    if (!isFree(await other, contract)) {
      throw new Problem(
        'conflict',
        `The device “${device.reference}” is under the contract ${device.contractId}; end that one first.`,
        { param },
      );
    }
  }
  return devices;
}

async function checkPriceList(context: TenantContext, contract: ContractState, code: string, param: string): Promise<void> {
  try {
    const list = await context.ports.client.call(ratingV1.RatingService.method.getPriceList, {
      tenantId: contract.tenantId,
      id: code,
    });
    if (list.currency !== contract.currency)
      refuse(param, `The price list “${code}” is in ${list.currency}, the contract in ${contract.currency}.`);
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found')
      refuse(param, `There is no price list “${code}” here; create it first.`);
    throw error;
  }
}

/** Two contracts at the same moment can want one device: the loser's caller hears it. */
async function refuseLostDevices(
  context: TenantContext,
  tenantId: string,
  id: string,
  devices: readonly string[],
): Promise<void> {
  const heads = await context.ports.chains.heads(devices.map((reference) => chainName('device-record', tenantId, reference)));
  for (const [i, head] of heads.entries()) {
    const under = head && fromCanonicalBytes<DeviceState>(head.state).contractId;
    if (under !== undefined && under !== id) {
      throw new Problem(
        'conflict',
        `The contract ${id} is saved, but without the device “${devices[i]}”: it is under the contract ${under}.`,
        { param: `devices[${i}]` },
      );
    }
  }
}

/** Whether devices that were under the contract before need to hear of the new version. */
function changesTerms(before: ContractState, after: ContractState): boolean {
  return JSON.stringify({ ...before, version: 0 }) !== JSON.stringify({ ...after, version: 0 });
}

/** The calendar day of an instant in a time zone; Swedish dates are written `yyyy-mm-dd`. */
function dayIn(timeZone: string, now: Instant): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now);
}
