import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import type { ChainWriter } from '@tollkeeper/chain-kit';
import { ratingV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import type { ChainStore } from '@tollkeeper/ports';
import { dueChain, tenantOfChain } from '../store/chains.js';
import type { InvoicingViews } from '../store/views.js';
import { assertCurrency, fromClosedAccounts, loadParties } from './gather-charges.js';
import type { DocumentIssuer } from './issue-document.js';

export interface DuePorts {
  readonly writer: ChainWriter;
  readonly chains: ChainStore;
  readonly views: InvoicingViews;
  readonly client: ServiceClient;
  readonly issuer: DocumentIssuer;
}

/** State of a customer's due charges: which entries wait for an invoice. */
interface DueState {
  readonly first: number;
  readonly waiting: number;
}

interface ChargesBody {
  readonly device: string;
  readonly n: number;
  readonly lines: readonly JsonValue[];
}

interface TakenBody {
  readonly from: number;
  readonly to: number;
}

const page = 100;

/**
 * Accounts that close by themselves hand their charges over here, and they wait until an invoice has taken them: what
 * cannot be invoiced yet, because of the customer's data or a fault, is never lost. Those that held a charge for the longest time
 * wait for the customer's others, so that nobody gets an invoice for every few cents.
 */
export class DueCharges {
  constructor(private readonly ports: DuePorts) {
    ports.writer.follow('due/', (entry) => this.follow(entry));
  }

  /** Keeps a closed account until the customer's next round; the same account entry waits once. */
  async keep(tenantId: string, account: Pick<ratingV1.AccountClosed, 'device' | 'customerId' | 'currency' | 'lines'>, cause: string, n: number, now: Instant): Promise<void> {
    const lines = account.lines.map((line) => toJson(ratingV1.ChargeLineSchema, line));
    await this.ports.writer.execute<DueState>({
      chain: dueChain(tenantId, account.customerId, account.currency),
      cause,
      now,
      decide: (state, head) => ({
        kind: 'charges_due',
        body: { device: account.device, n, lines } satisfies ChargesBody,
        state: { first: state && state.waiting > 0 ? state.first : (head?.n ?? 0) + 1, waiting: (state?.waiting ?? 0) + 1 },
      }),
    });
  }

  /** Invoices what waits of one customer now; `cause` names why. */
  async invoiceCustomer(tenantId: string, customerId: string, currency: string, cause: string, now: Instant): Promise<void> {
    await this.take(dueChain(tenantId, customerId, currency), `taken:${cause}`, now);
  }

  /** Invoices everything that waits, one invoice a customer. Returns how many customers were invoiced. */
  async invoiceAll(tenantId: string, now: Instant): Promise<number> {
    let invoiced = 0;
    let cursor: string | undefined;
    do {
      const { items, next } = await this.ports.views.due.list({ index: 'byTenant', equals: [tenantId], cursor, limit: page });
      for (const { id: chain, version } of items) if (await this.take(chain, `taken:${chain}#${version}`, now)) invoiced++;
      cursor = next;
    } while (cursor !== undefined);
    return invoiced;
  }

  private async take(chain: string, cause: string, now: Instant): Promise<boolean> {
    const { fresh } = await this.ports.writer.execute<DueState>({
      chain,
      cause,
      now,
      decide: (state, head) => {
        if (!state || state.waiting === 0 || !head) return undefined;
        return { kind: 'charges_taken', body: { from: state.first, to: head.n } satisfies TakenBody, state: { first: 0, waiting: 0 } };
      },
    });
    return fresh;
  }

  private async follow(entry: Entry): Promise<void> {
    const tenant = tenantOfChain(entry.chain);
    const { waiting } = fromCanonicalBytes<DueState>(entry.state);
    // The view first: charges that are taken and cannot be invoiced yet stay with their entry, which is tried again.
    await this.ports.views.due.put([{ id: entry.chain, version: entry.n, ...(waiting > 0 ? { tenant } : {}) }]);
    if (entry.kind === 'charges_taken') await this.invoice(tenant, entry);
  }

  private async invoice(tenantId: string, entry: Entry): Promise<void> {
    const [, , customerId = '', currency = ''] = entry.chain.split('/');
    const cause = `due:${entry.chain}#${entry.n}`;
    if (await this.ports.issuer.issued(tenantId, cause)) return;
    const { from, to } = fromCanonicalBytes<TakenBody>(entry.body);
    const entries = await this.ports.chains.read(entry.chain, from, to, to - from + 1);
    const accounts = entries
      .filter(({ kind }) => kind === 'charges_due')
      .map(({ body }) => fromCanonicalBytes<ChargesBody>(body))
      .map(({ device, n, lines }) => ({ device, n, hash: '', lines: lines.map((line) => fromJson(ratingV1.ChargeLineSchema, line)) }));
    const parties = await loadParties(this.ports.client, tenantId, customerId);
    assertCurrency(currency, parties);
    const charges = fromClosedAccounts(accounts, parties.buyer);
    if (charges.usage.length + charges.fees.length === 0) return;
    await this.ports.issuer.issueInvoice({ tenantId, cause, now: entry.bookedAt }, parties, { ...charges, held: 0 });
  }
}
