import { create, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, toRfc3339 } from '@tollkeeper/kernel';
import { publishFacts } from '@tollkeeper/nest-kit';
import type { Bus, ChainStore, EntryRef, Timers, View, ViewStore } from '@tollkeeper/ports';
import { type DeviceAccountDocument, toDeviceAccountDocument } from '../store/device-accounts.view.js';
import { decodeState } from './account-state.js';
import { accountAt, fromDeviceChain } from './account-store.js';
import type { ClosedBody } from './closed-body.js';

export interface AccountFollowUpPorts {
  readonly bus: Bus;
  readonly chains: ChainStore;
  readonly views: ViewStore;
  readonly view: View<DeviceAccountDocument>;
  readonly timers: Timers;
  /** Closes the accounts of these pages where the threshold is still reached. */
  closeAtThreshold(entries: readonly Entry[]): Promise<void>;
  onFailed(error: unknown): void;
}

type Facts = Parameters<typeof publishFacts>[3];

const settleDelayMs = 100;
const sweepPage = 500;

/** Shows and tells what entries of device accounts made happen, many at a time; whatever a crash leaves is found by `sweep`. */
export class AccountFollowUp {
  private done: EntryRef[] = [];
  private cancelSettle: (() => void) | undefined;

  constructor(private readonly ports: AccountFollowUpPorts) {}

  /** Does not fail: what could not be done stays pending for the sweeper. */
  async run(entries: readonly Entry[]): Promise<void> {
    try {
      const pages = entries.filter((entry) => entry.kind === 'usage_posted');
      if (pages.length > 0) await this.ports.closeAtThreshold(pages);
      const others = entries.filter((entry) => entry.kind !== 'usage_posted');
      await this.ports.view.put(others.flatMap((entry) => toDeviceAccountDocument(accountAt(entry.chain, entry), entry.bookedAt) ?? []));
      await Promise.all(others.map((entry) => publishFacts(this.ports.bus, fromDeviceChain(entry.chain).tenantId, entry, factsOf(entry))));
      for (const { chain, n } of entries) this.done.push({ chain, n });
      this.cancelSettle ??= this.ports.timers.after(settleDelayMs, () => void this.settle().catch((error: unknown) => this.ports.onFailed(error)));
    } catch (error) {
      this.ports.onFailed(error);
    }
  }

  /** What was followed up counts as done only once the views that show it are durable. */
  async settle(): Promise<void> {
    this.cancelSettle?.();
    this.cancelSettle = undefined;
    const refs = this.done;
    this.done = [];
    if (refs.length === 0) return;
    try {
      await this.ports.views.flush();
      await this.ports.chains.settle(refs);
    } catch (error) {
      this.done.push(...refs);
      throw error;
    }
  }

  /** Finishes what a crash or a failure left undone. */
  async sweep(prefix: string): Promise<void> {
    await this.settle();
    let after: EntryRef | undefined;
    for (;;) {
      const entries = await this.ports.chains.pending(prefix, after, sweepPage);
      if (entries.length > 0) await this.run(entries);
      after = entries.at(-1);
      if (entries.length < sweepPage) break;
    }
    await this.settle();
  }
}

function factsOf(entry: Entry): Facts {
  const { device } = fromDeviceChain(entry.chain);
  const at = toRfc3339(entry.bookedAt);
  switch (entry.kind) {
    case 'blocked':
    case 'unblocked': {
      const { reason } = fromCanonicalBytes<{ reason: string }>(entry.body);
      const { customerId } = decodeState(entry.state).terms;
      if (entry.kind === 'blocked') {
        return [{ case: 'deviceBlocked', value: create(ratingV1.DeviceBlockedSchema, { device, customerId, reason, at }) }];
      }
      return [{ case: 'deviceUnblocked', value: create(ratingV1.DeviceUnblockedSchema, { device, customerId, reason, at }) }];
    }
    case 'closed':
      return closedFacts(device, at, fromCanonicalBytes<ClosedBody>(entry.body));
    default:
      return [];
  }
}

/** A close that invoicing asked for is told by its answer; only what closed by itself is told as a fact. */
function closedFacts(device: string, closedAt: string, body: ClosedBody): Facts {
  if (body.asked) return [];
  const { customer_id: customerId, contract_id: contractId, currency, amount, reason } = body;
  const lines = body.lines.map((line) => fromJson(ratingV1.ChargeLineSchema, line as JsonValue));
  const closed = create(ratingV1.AccountClosedSchema, { device, customerId, contractId, currency, amount, reason, lines, closedAt });
  const facts: Facts[number][] = [{ case: 'accountClosed', value: closed }];
  if (reason === 'threshold') {
    const { threshold } = body;
    facts.push({ case: 'thresholdReached', value: create(ratingV1.ThresholdReachedSchema, { device, customerId, balance: amount, threshold, currency }) });
  }
  return facts;
}
