import { create } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { Problem, toRfc3339 } from '@tollkeeper/kernel';
import { Decimal } from '@tollkeeper/money';
import type { ChainStore } from '@tollkeeper/ports';
import { type Account, accountAt, deviceChain } from '../actors/account-store.js';
import { type AccountState, balanceOf, type PendingLine } from '../actors/account-state.js';
import { longestUntil } from '../actors/close-account.js';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';

export type OpenAccount = Account & { readonly state: AccountState };

/** @throws Problem `not_found` for a device that no contract covers */
export async function readAccount(chains: ChainStore, tenantId: string, device: string): Promise<OpenAccount> {
  const [account] = await readAccounts(chains, tenantId, [device]);
  if (!account) throw new Problem('not_found', 'There is no account of such a device.', { param: 'device' });
  return account;
}

/** The accounts of these devices as their chains have them; those without one are left out. */
export async function readAccounts(chains: ChainStore, tenantId: string, devices: readonly string[]): Promise<OpenAccount[]> {
  const names = devices.map((device) => deviceChain(tenantId, device));
  const heads = await chains.heads(names);
  return names.flatMap((chain, i) => {
    const account = accountAt(chain, heads[i]);
    if (account.fault) throw account.fault;
    return account.state ? [{ ...account, state: account.state }] : [];
  });
}

export function toAccountMessage(account: OpenAccount, catalogue: RatingCatalogue): ratingV1.DeviceAccount {
  const { state, device, n, hash } = account;
  const { terms } = state;
  const closesAt = longestUntil(state);
  return create(ratingV1.DeviceAccountSchema, {
    device,
    customerId: terms.customerId,
    contractId: terms.contractId,
    department: terms.department,
    currency: terms.currency,
    status: state.blocked ? 'blocked' : 'active',
    balance: balanceOf(state).toString(),
    usage: usageOf(state, catalogue),
    entries: n,
    pages: state.pages,
    headHash: Buffer.from(hash ?? []).toString('hex'),
    openedAt: timeText(state.openedAt),
    lastClosedAt: timeText(state.lastClosedAt),
    heldSince: timeText(state.heldSince),
    hold: { threshold: terms.hold.threshold, minimum: terms.hold.minimum, longestDays: terms.hold.longestDays, closesAt: timeText(closesAt) },
  });
}

function timeText(instant: number): string {
  return instant === 0 ? '' : toRfc3339(instant);
}

/** What is charged and not closed, summed over price lists and windows. */
function usageOf(state: AccountState, catalogue: RatingCatalogue): ratingV1.MeterUsage[] {
  const byMeter = new Map<string, PendingLine[]>();
  for (const line of state.pending) {
    if (line.fee !== '') continue;
    const key = `${line.periodStart} ${line.meter}`;
    byMeter.set(key, [...(byMeter.get(key) ?? []), line]);
  }
  return [...byMeter.values()].flatMap((lines) => {
    const [first] = lines;
    if (!first) return [];
    const sum = (of: (line: PendingLine) => Decimal) => lines.reduce((total, line) => total.plus(of(line)), Decimal.zero).toString();
    return create(ratingV1.MeterUsageSchema, {
      meter: first.meter,
      unit: catalogue.meter(first.meter)?.unit ?? '',
      periodStart: toRfc3339(first.periodStart),
      periodEnd: toRfc3339(first.periodEnd),
      quantity: sum((line) => line.quantity),
      amount: sum((line) => line.amount),
      events: lines.reduce((total, line) => total + line.events, 0),
    });
  });
}
