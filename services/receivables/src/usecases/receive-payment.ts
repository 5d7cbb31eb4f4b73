import type { ChainWriter } from '@tollkeeper/chain-kit';
import { tenantV1 } from '@tollkeeper/contracts';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import { type Entry, fromCanonicalBytes, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { decimalFault, isCurrency, minorUnitDigits, parseDecimal } from '@tollkeeper/money';
import { type Allocation, bookPayment, journal, type Ledger, matchPayment, referencesOf, withPostings } from '@tollkeeper/receivables';
import { paymentChain, suspenseChain, tenantOfChain } from '../store/chains.js';
import { type PaymentDocument, type PaymentStatus, type ReceivablesViews, type ReferenceDocument } from '../store/views.js';
import type { CustomerAccounts } from './account-entries.js';

/** Invoices of one tenant that share a reference; more than a tenant has entities. */
const mostTwins = 100;

/** A payment as it came: by hand, or from a bank's file. */
export interface IncomingMoney {
  readonly id: string;
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  /** More references that the payer named. */
  readonly furtherReferences: readonly string[];
  readonly text: string;
  readonly payer: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly bankIdentity: string;
  readonly source: string;
  /** Our account that it came to, IBAN or bankgiro number; empty when not known. */
  readonly account: string;
  /** Named by whoever entered it; empty when the reference has to find it. */
  readonly customerId: string;
}

/** The folded state of a payment's chain; what the payer wrote is in a record. */
interface PaymentState {
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  readonly receivedAt: string;
  readonly bankIdentity: string;
  readonly source: string;
  readonly createdAt: string;
  /** Whom it was found to come from; empty while unmatched. */
  readonly customerId: string;
  readonly invoiceIds: readonly string[];
  /** True when the money went through suspense first. */
  readonly fromSuspense: boolean;
}

interface SuspenseState {
  readonly ledger: Ledger;
}

/**
 * Payments: a chain each, which decides once whose money it is; its follow-up books it on that customer's account, or in
 * suspense until somebody assigns it.
 */
export class Payments {
  constructor(
    private readonly writer: ChainWriter,
    private readonly views: ReceivablesViews,
    private readonly accounts: CustomerAccounts,
    private readonly client: ServiceClient,
  ) {
    writer.follow('payment/', (entry) => this.carry(entry));
    writer.follow('suspense/', (entry) => this.projectSuspense(entry));
  }

  /**
   * Resolves when the payment is durable and booked. The same id is one payment, whatever is sent again; `same` is false when
   * what is sent again is other money.
   */
  async receive(tenantId: string, money: IncomingMoney, now: Instant): Promise<{ readonly fresh: boolean; readonly same: boolean }> {
    assertMoney(money);
    const found = await this.match(tenantId, money);
    await this.views.payers.put([{ id: money.id, version: 1, payer: money.payer, text: money.text }]);
    const { entry, fresh } = await this.writer.execute<PaymentState>({
      chain: paymentChain(tenantId, money.id),
      cause: `received:${money.id}`,
      now,
      decide: (before) => {
        if (before) return undefined;
        const { amount, currency, reference, receivedAt, bankIdentity, source } = money;
        const state: PaymentState = {
          amount: parseDecimal(amount).toString(),
          currency,
          reference,
          receivedAt,
          bankIdentity,
          source,
          createdAt: toRfc3339(now),
          customerId: found[0]?.customerId ?? money.customerId,
          invoiceIds: found.map(({ invoiceId }) => invoiceId),
          fromSuspense: false,
        };
        return { kind: 'payment_received', body: {}, state };
      },
    });
    const booked = entry && fromCanonicalBytes<PaymentState>(entry.state);
    const same = booked?.currency === money.currency && parseDecimal(booked.amount).equals(parseDecimal(money.amount));
    return { fresh, same };
  }

  /** Gives an unmatched payment to a customer. */
  async assign(tenantId: string, paymentId: string, cause: string, to: { readonly customerId: string; readonly invoiceId: string }, now: Instant): Promise<void> {
    await this.writer.execute<PaymentState>({
      chain: paymentChain(tenantId, paymentId),
      cause,
      now,
      decide: (before) => {
        if (!before) throw new Problem('not_found', `There is no payment ${paymentId}.`, { param: 'id' });
        if (before.customerId !== '') throw new Problem('conflict', `Payment ${paymentId} belongs to customer ${before.customerId} already.`, { param: 'customer_id' });
        const invoiceIds = to.invoiceId === '' ? [] : [to.invoiceId];
        return { kind: 'payment_assigned', body: {}, state: { ...before, customerId: to.customerId, invoiceIds, fromSuspense: true } };
      },
    });
  }

  /** The invoices named by reference, else in the payer's words; only of one customer, and only in the payment's currency. */
  private async match(tenantId: string, money: IncomingMoney): Promise<readonly ReferenceDocument[]> {
    const naming = { ...money, furtherReferences: money.furtherReferences.map((reference) => ({ reference })) };
    const { structured, message } = referencesOf(naming);
    const known = new Map<string, readonly ReferenceDocument[]>();
    for (const reference of new Set([...structured, ...message])) known.set(reference, await this.ownersOf(tenantId, reference, money));
    const found = matchPayment(naming, (reference) => known.get(reference) ?? []);
    return found.kind === 'matched' ? found.owners : [];
  }

  /** Entities of one tenant may give out the same references: then the account that the money came to tells whose it is. */
  private async ownersOf(tenantId: string, reference: string, money: IncomingMoney): Promise<readonly ReferenceDocument[]> {
    const { items } = await this.views.references.list({ index: 'byReference', equals: [tenantId, reference], limit: mostTwins });
    const owners = items
      .filter(({ currency }) => currency === money.currency)
      .filter(({ customerId }) => money.customerId === '' || customerId === money.customerId);
    if (money.account === '' || new Set(owners.map(({ customerId }) => customerId)).size < 2) return owners;
    const entities = await this.client.call(tenantV1.TenantService.method.listBillingEntities, { tenantId, limit: 100 });
    const receiving = entities.items.filter(({ iban, bankgiro }) => [iban, bankgiro].some((own) => own !== '' && compact(own) === compact(money.account)));
    return owners.filter(({ entity }) => receiving.some(({ id }) => id === entity));
  }

  /** Follow-up of a payment's entry: the money reaches an account once, and the payment shows where it went. */
  private async carry(entry: Entry): Promise<void> {
    const tenantId = tenantOfChain(entry.chain);
    const [, , paymentId = ''] = entry.chain.split('/');
    const state = fromCanonicalBytes<PaymentState>(entry.state);
    const where =
      state.customerId === ''
        ? await this.keepInSuspense(tenantId, paymentId, state, entry.bookedAt)
        : await this.bookOnAccount(tenantId, paymentId, state, entry.bookedAt);
    const { amount, currency, reference, receivedAt, bankIdentity, source, createdAt } = state;
    const document: PaymentDocument = {
      id: paymentId,
      version: entry.n,
      tenant: tenantId,
      ...(state.customerId === '' ? {} : { customer: state.customerId }),
      amount,
      currency,
      reference,
      receivedAt,
      bankIdentity,
      source,
      createdAt,
      ...where,
    };
    await this.views.payments.put([document]);
  }

  private async bookOnAccount(tenantId: string, paymentId: string, state: PaymentState, now: Instant): Promise<Where> {
    const { amount, currency, customerId, invoiceIds, fromSuspense } = state;
    const { body } = await this.accounts.book(
      { tenantId, customerId, currency },
      {
        cause: `payment:${paymentId}`,
        now,
        kind: 'paid',
        about: { paymentId },
        book: (account) => bookPayment(account, { amount, invoiceIds, from: fromSuspense ? 'suspense' : 'bank' }),
      },
    );
    const allocations = body?.allocations ?? [];
    const unallocated = parseDecimal(amount).minus(sumOf(allocations));
    const open = (await this.accounts.read({ tenantId, customerId, currency }))?.items ?? [];
    const partial = allocations.some(({ invoiceId }) => open.some((item) => item.invoiceId === invoiceId));
    const status: PaymentStatus = unallocated.sign() > 0 ? 'overpaid' : partial ? 'partial' : 'matched';
    return { status, allocations, unallocated: unallocated.toString() };
  }

  private async keepInSuspense(tenantId: string, paymentId: string, state: PaymentState, now: Instant): Promise<Where> {
    const amount = parseDecimal(state.amount);
    await this.writer.execute<SuspenseState>({
      chain: suspenseChain(tenantId, state.currency),
      cause: `payment:${paymentId}`,
      now,
      decide: (before) => {
        const postings = journal([
          ['bank', amount],
          ['suspense', amount.negated()],
        ]);
        return { kind: 'kept_in_suspense', body: { paymentId, postings }, state: { ledger: withPostings(before?.ledger ?? {}, postings) } };
      },
    });
    return { status: 'unmatched', allocations: [], unallocated: state.amount };
  }

  private async projectSuspense(entry: Entry): Promise<void> {
    const [, tenant = '', currency = ''] = entry.chain.split('/');
    const { ledger } = fromCanonicalBytes<SuspenseState>(entry.state);
    await this.views.ledgers.put([{ id: entry.chain, version: entry.n, tenant, currency, ledger }]);
  }
}

type Where = Pick<PaymentDocument, 'status' | 'allocations' | 'unallocated'>;

function assertMoney(money: IncomingMoney): void {
  if (!isCurrency(money.currency)) throw new Problem('unprocessable', `“${money.currency}” is not an ISO 4217 currency.`, { param: 'currency' });
  const amount = decimalFault(money.amount) === undefined ? parseDecimal(money.amount) : undefined;
  if (!amount || amount.sign() <= 0 || amount.fractionDigits() > minorUnitDigits(money.currency)) {
    throw new Problem('unprocessable', `“${money.amount}” is not an amount above zero in whole minor units of ${money.currency}.`, { param: 'amount' });
  }
}

/** Accounts are written with spaces, hyphens and leading zeros, or without. */
function compact(account: string): string {
  return account.replace(/[\s-]/g, '').replace(/^0+/, '').toUpperCase();
}

function sumOf(allocations: readonly Allocation[]) {
  return allocations.reduce((sum, { amount }) => sum.plus(parseDecimal(amount)), parseDecimal('0'));
}
