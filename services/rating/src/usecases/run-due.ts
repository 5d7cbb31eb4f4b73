import type { Instant } from '@tollkeeper/kernel';
import type { ActorHost, ChainStore, View } from '@tollkeeper/ports';
import { accountAt, deviceChain } from '../actors/account-store.js';
import { isThresholdReached, longestUntil } from '../actors/close-account.js';
import { actorId, type CloseInput, closeContract } from '../actors/device-account.contract.js';
import type { SettledUsage } from '../events/settled-usage.js';
import { type DeviceAccountDocument, toDeviceAccountDocument } from '../store/device-accounts.view.js';
import { allDone } from './replies.js';

export interface RunDuePorts {
  readonly actors: ActorHost;
  readonly chains: ChainStore;
  readonly usage: SettledUsage;
  readonly devices: View<DeviceAccountDocument>;
}

const accountsAtOnce = 500;

/**
 * Closes the accounts that have held a charge for the longest time that their contract allows. Accounts that came up
 * although they hold nothing so old are looked at again when they might.
 */
export async function runDue(ports: RunDuePorts, tenantId: string, now: Instant): Promise<number> {
  await ports.usage.settle(tenantId, undefined);
  let closed = 0;
  const seen = new Set<string>();
  for (;;) {
    const { items } = await ports.devices.list({ index: 'due', equals: [tenantId], to: now + 1, limit: accountsAtOnce });
    // What comes up again has a view that could not be written now; the sweeper writes it.
    if (items.every(({ id }) => seen.has(id))) return closed;
    for (const { id } of items) seen.add(id);
    const chains = items.map(({ device }) => deviceChain(tenantId, device));
    const heads = await ports.chains.heads(chains);
    const accounts = chains.map((chain, i) => accountAt(chain, heads[i]));
    const inputs: CloseInput[] = [];
    const documents: DeviceAccountDocument[] = [];
    for (const account of accounts) {
      const { state, device } = account;
      const dueAt = state ? longestUntil(state) : 0;
      if (state && ((dueAt !== 0 && dueAt <= now) || isThresholdReached(state))) {
        const base = { tenantId, device, cause: `longest_time#${account.n}`, now, until: now };
        inputs.push({ ...base, reason: 'longest_time', everything: true, belowMinimum: true, asked: false, preview: false });
      } else {
        const document = toDeviceAccountDocument(account, now);
        if (document) documents.push(document);
      }
    }
    await ports.devices.put(documents);
    const outputs = allDone(await ports.actors.callMany(closeContract, inputs.map((input) => ({ id: actorId(tenantId, input.device), input }))));
    closed += outputs.filter(({ status }) => status === 'closed').length;
  }
}
