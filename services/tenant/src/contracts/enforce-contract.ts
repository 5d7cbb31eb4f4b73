import { type Entry, fromCanonicalBytes } from '@tollkeeper/kernel';
import type { DeviceState } from '../devices/device.js';
import { chainName } from '../shell/chains.js';
import { everyPage } from '../shell/list-page.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type ContractChange, type ContractState, isFree } from './contract.js';
import { devicesPerRequest } from './contract-applier.js';

/** What follows a version of a contract: the devices it names come under it, and those it had get the new terms. */
export async function enforceContract(context: TenantContext, entry: Entry): Promise<void> {
  const contract = fromCanonicalBytes<ContractState>(entry.state);
  const { devices, termsChanged } = fromCanonicalBytes<ContractChange>(entry.body);
  for (let from = 0; from < devices.length; from += devicesPerRequest) {
    const chunk = devices.slice(from, from + devicesPerRequest);
    await Promise.all(chunk.map((reference) => placeDevice(context, contract, reference, entry)));
  }
  if (!termsChanged) return;
  for await (const page of everyPage(
    context.views.devices,
    { index: 'contract', equals: [contract.tenantId, contract.id] },
    devicesPerRequest,
  )) {
    await context.applier.apply(contract, page);
  }
}

/** What follows the device's own entry opens its account with rating. */
async function placeDevice(
  context: TenantContext,
  contract: ContractState,
  reference: string,
  { bookedAt, n }: Entry,
): Promise<void> {
  const { tenantId, id } = contract;
  const chain = chainName('device-record', tenantId, reference);
  const before = await context.writer.state<DeviceState>(chain);
  const under =
    before?.contractId === undefined
      ? undefined
      : await context.writer.state<ContractState>(chainName('contract', tenantId, before.contractId));
  await context.writer.execute<DeviceState>({
    chain,
    cause: `contract/${id}/${n}`,
    now: bookedAt,
    decide: (device) => {
      const unchanged = device?.contractId === before?.contractId;
      if (!device || device.contractId === id || !unchanged || !isFree(under, contract)) return undefined;
      return {
        kind: 'contracted',
        body: { contractId: id, version: n },
        state: { ...device, customerId: contract.customerId, contractId: id },
      };
    },
  });
}
