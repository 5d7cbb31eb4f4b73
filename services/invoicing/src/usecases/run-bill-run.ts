import type { ChainWriter } from '@tollkeeper/chain-kit';
import { tenantV1 } from '@tollkeeper/contracts';
import type { FeeLine } from '@tollkeeper/invoicing';
import { type Entry, fromCanonicalBytes, fromRfc3339, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { beyondRequest, type ServiceClient } from '@tollkeeper/nest-kit';
import type { Timers } from '@tollkeeper/ports';
import { billRunChain, tenantOfChain } from '../store/chains.js';
import type { BillRunDocument, BookedInvoice, ClosedReference, InvoicingViews } from '../store/views.js';
import { type BillRunOrder, type BillRunState, type CustomerOutcome, noOutcome, plusOutcome, startedRun, withCustomer } from './bill-run.state.js';
import type { DueCharges } from './due-charges.js';
import { assertCurrency, type ClosedCharges, closeAccounts, loadParties, type Parties } from './gather-charges.js';
import type { DocumentIssuer } from './issue-document.js';
import { bookRecurringFees } from './recurring-fees.js';
import type { UnbilledCharges, UnbilledOrder } from './unbilled-charges.js';

export interface BillRunPorts {
  readonly writer: ChainWriter;
  readonly views: InvoicingViews;
  readonly client: ServiceClient;
  readonly issuer: DocumentIssuer;
  readonly unbilled: UnbilledCharges;
  readonly due: DueCharges;
  readonly timers: Timers;
  /** Told when a run stops on a fault that is nobody's input; `resume` takes it up again. */
  onStopped(billRunId: string, error: unknown): void;
}

const customersPage = 100;
/** A run of another process that has not moved for so long is not waited for. */
const patienceMs = 10_000;
const lookEveryMs = 100;

interface Billed {
  readonly outcome: CustomerOutcome;
  /** Kept orders that are invoiced now. */
  readonly billed: readonly UnbilledOrder[];
}

/**
 * Works through the customers of a billing entity, one entry of the run's chain for each, so that a run that was cut off
 * goes on behind the last one. Everything it asks for has the run and the customer as its cause and happens once.
 */
export class BillRuns {
  private readonly running = new Map<string, { readonly tenantId: string; readonly work: Promise<void> }>();
  private readonly stoppedHere = new Set<string>();
  /** How far each run had come at the last look; undefined before the first one. */
  private seen: ReadonlyMap<string, number> | undefined;
  private stopping = false;

  constructor(private readonly ports: BillRunPorts) {
    ports.writer.follow('bill-run/', (entry) => this.project(entry));
  }

  async start(tenantId: string, billRunId: string, cause: string, order: BillRunOrder): Promise<void> {
    const now = fromRfc3339(order.issuedAt) ?? 0;
    await this.ports.writer.execute<BillRunState>({
      chain: billRunChain(tenantId, billRunId),
      cause,
      now,
      decide: () => ({ kind: 'started', body: { ...order, customerIds: [...order.customerIds] }, state: startedRun(order) }),
    });
    this.run(tenantId, billRunId);
  }

  /**
   * Takes up runs that a crash or a stop cut off: at the first look all, later those that stopped here and those that have not
   * moved since the last look. The others are being worked at by another process.
   */
  async resume(): Promise<void> {
    const underWay = await this.underWay();
    for (const { id, version, tenant } of underWay) {
      if (!this.seen || this.seen.get(id) === version || this.stoppedHere.has(id)) this.run(tenant, id);
    }
    this.seen = new Map(underWay.map(({ id, version }) => [id, version]));
  }

  /** Resolves when no run of the tenant is under way in this process, nor, as far as they move, in others. */
  async idle(tenantId: string, alsoInOthers: boolean): Promise<void> {
    const moved = new Map<string, { readonly version: number; readonly atMs: number }>();
    for (let atMs = 0; ; atMs += lookEveryMs) {
      await Promise.all([...this.running.values()].filter((run) => run.tenantId === tenantId).map((run) => run.work));
      if (!alsoInOthers || this.stopping) return;
      const others = (await this.underWay()).filter(({ id, tenant }) => tenant === tenantId && !this.stoppedHere.has(id));
      for (const { id, version } of others) if (moved.get(id)?.version !== version) moved.set(id, { version, atMs });
      if (others.every(({ id }) => atMs - (moved.get(id)?.atMs ?? 0) >= patienceMs)) return;
      await new Promise<void>((resolve) => void this.ports.timers.after(lookEveryMs, resolve));
    }
  }

  private async underWay(): Promise<BillRunDocument[]> {
    const found: BillRunDocument[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.ports.views.billRuns.list({ index: 'byStatus', equals: ['running'], cursor, limit: 100 });
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }

  /** Lets every run finish the customer that it is at; the rest is resumed at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.running.values()].map((run) => run.work));
  }

  private run(tenantId: string, billRunId: string): void {
    if (this.stopping || this.running.has(billRunId)) return;
    this.stoppedHere.delete(billRunId);
    // Whoever asked for the run has its answer long before the run ends.
    const work = beyondRequest(() => this.work(tenantId, billRunId))
      .catch((error: unknown) => {
        this.stoppedHere.add(billRunId);
        this.ports.onStopped(billRunId, error);
      })
      .finally(() => this.running.delete(billRunId));
    this.running.set(billRunId, { tenantId, work });
  }

  private async work(tenantId: string, billRunId: string): Promise<void> {
    const chain = billRunChain(tenantId, billRunId);
    const state = await this.ports.writer.state<BillRunState>(chain);
    if (!state || state.status !== 'running') return;
    const { order } = state;
    const now = fromRfc3339(order.issuedAt) ?? 0;
    for await (const customerId of this.customers(tenantId, order, state.after)) {
      if (this.stopping) return;
      // The run comes last: derived ids take their time from it.
      const cause = `${customerId}:${billRunId}`;
      const { outcome, billed } = await this.bill(tenantId, billRunId, customerId, order);
      await this.ports.writer.execute<BillRunState>({
        chain,
        cause,
        now,
        decide: (before) => ({
          kind: 'customer_done',
          body: { customerId, outcome: { ...outcome } },
          state: withCustomer(before ?? startedRun(order), customerId, outcome),
        }),
      });
      await this.ports.unbilled.forget(tenantId, customerId, billed, now);
    }
    await this.ports.writer.execute<BillRunState>({
      chain,
      cause: `${billRunId}:done`,
      now,
      decide: (before) => ({ kind: 'finished', body: {}, state: { ...(before ?? startedRun(order)), status: 'done' } }),
    });
  }

  /** Customers of the run behind `after`, in the order of their ids, so that the run's place is one id. */
  async *customers(tenantId: string, order: BillRunOrder, after: string): AsyncGenerator<string> {
    if (order.customerIds.length > 0) {
      for (const id of [...new Set(order.customerIds)].sort()) if (id > after) yield id;
      return;
    }
    const brands = await this.brandsOf(tenantId, order.billingEntityId);
    const ids: string[] = [];
    let cursor = '';
    do {
      const page = await this.ports.client.call(tenantV1.TenantService.method.listCustomers, { tenantId, limit: customersPage, cursor });
      for (const customer of page.items) if (brands.has(customer.brandId) && customer.id > after) ids.push(customer.id);
      cursor = page.nextCursor;
    } while (cursor !== '');
    yield* ids.sort();
  }

  private async brandsOf(tenantId: string, billingEntityId: string): Promise<ReadonlySet<string>> {
    const brands = new Set<string>();
    let cursor = '';
    do {
      const page = await this.ports.client.call(tenantV1.TenantService.method.listBrands, { tenantId, limit: customersPage, cursor });
      for (const brand of page.items) if (brand.billingEntityId === billingEntityId) brands.add(brand.id);
      cursor = page.nextCursor;
    } while (cursor !== '');
    return brands;
  }

  /**
   * What earlier runs closed and could not invoice comes first, then this run's own. A customer that cannot be billed does not
   * hold up the others: the run lists it with what to mend, and what it closed is kept for the next run.
   */
  private async bill(tenantId: string, billRunId: string, customerId: string, order: BillRunOrder): Promise<Billed> {
    const own: UnbilledOrder = { cause: `${customerId}:${billRunId}`, until: order.until, all: order.all };
    const kept = await this.ports.unbilled.of(tenantId, customerId);
    const billed: UnbilledOrder[] = [];
    let outcome = noOutcome;
    let current: UnbilledOrder | undefined;
    try {
      const parties = await billableParties(this.ports.client, tenantId, customerId, order.billingEntityId);
      for (current of [...kept.filter(({ cause }) => cause !== own.cause), own]) {
        outcome = plusOutcome(outcome, await this.billOrder(tenantId, billRunId, parties, current, fromRfc3339(order.issuedAt) ?? 0));
        if (kept.some(({ cause }) => cause === current?.cause)) billed.push(current);
      }
      return { outcome, billed };
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      if (current === own) await this.ports.unbilled.remember(tenantId, customerId, own, fromRfc3339(order.issuedAt) ?? 0);
      return { outcome: { ...outcome, failure: error.detail }, billed };
    }
  }

  private async billOrder(tenantId: string, billRunId: string, parties: Parties, order: UnbilledOrder, now: Instant): Promise<CustomerOutcome> {
    const { cause } = order;
    // An issued invoice is what it is: closing once more could only find charges that it does not hold.
    const earlier = await this.ports.issuer.issued(tenantId, cause);
    if (earlier) return earlier.billRun === billRunId ? outcomeOf(earlier.invoice) : noOutcome;
    const charges = await closeAccounts(this.ports.client, { tenantId, cause, until: order.until, all: order.all, preview: false }, parties);
    const contractFees: FeeLine[] = [];
    for (const contract of parties.contracts) {
      contractFees.push(...(await bookRecurringFees(this.ports.writer, tenantId, contract, { cause, until: fromRfc3339(order.until) ?? now, now })));
    }
    const fees = [...charges.fees, ...contractFees];
    if (charges.usage.length + fees.length === 0) return { ...noOutcome, held: charges.held };
    const issued = await this.ports.issuer.issueInvoice({ tenantId, cause, now, billRun: billRunId }, parties, { ...charges, fees });
    await this.billMissing(tenantId, parties, charges, issued.closed, now);
    return { ...outcomeOf(issued.invoice), held: charges.held };
  }

  /**
   * Two processes may work at one run for a while: one invoices what it found, and the other closes an account a moment
   * later in the same cause. What the issued invoice does not hold gets an invoice of its own.
   */
  private async billMissing(tenantId: string, { buyer, seller }: Parties, { accounts }: ClosedCharges, issued: readonly ClosedReference[], now: Instant): Promise<void> {
    const held = new Set(issued.map(({ device, n }) => `${device}#${n}`));
    for (const { device, n, lines } of accounts) {
      if (n === 0 || held.has(`${device}#${n}`)) continue;
      const cause = `missing:${device}#${n}`;
      await this.ports.due.keep(tenantId, { device, customerId: buyer.id, currency: seller.currency, lines }, cause, n, now);
      await this.ports.due.invoiceCustomer(tenantId, buyer.id, seller.currency, cause, now);
    }
  }

  private async project(entry: Entry): Promise<void> {
    const [, , billRunId = ''] = entry.chain.split('/');
    const state = fromCanonicalBytes<BillRunState>(entry.state);
    await this.ports.views.billRuns.put([
      {
        id: billRunId,
        version: entry.n,
        tenant: tenantOfChain(entry.chain),
        status: state.status,
        createdAt: state.order.issuedAt,
        finishedAt: state.status === 'done' ? toRfc3339(entry.bookedAt) : '',
        state,
      },
    ]);
  }
}

/** The parties of an invoice, checked before anything is closed for it. @throws Problem naming what to mend. */
export async function billableParties(client: ServiceClient, tenantId: string, customerId: string, billingEntityId: string): Promise<Parties> {
  const parties = await loadParties(client, tenantId, customerId);
  if (parties.seller.id !== billingEntityId) {
    throw new Problem('unprocessable', `Customer ${customerId} belongs to another billing entity, ${parties.seller.id}.`, { param: 'customer_ids' });
  }
  for (const contract of parties.contracts) if (contract.endDate === '') assertCurrency(contract.currency, parties);
  return parties;
}

function outcomeOf({ totals: { net, tax, total } }: BookedInvoice): CustomerOutcome {
  return { ...noOutcome, invoices: 1, net, tax, total };
}
