import type { ChainWriter } from '@tollkeeper/chain-kit';
import { create } from '@bufbuild/protobuf';
import { type factsV1, receivablesV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant } from '@tollkeeper/kernel';
import { publishFacts } from '@tollkeeper/nest-kit';
import type { Bus, ChainStore } from '@tollkeeper/ports';
import { type Allocation, type Booking, type CustomerAccountState, emptyCustomerAccount, type Posting } from '@tollkeeper/receivables';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { normalisePaymentReference } from '@tollkeeper/invoicing';
import { parseDecimal, sumDecimals } from '@tollkeeper/money';
import { customerChain, tenantOfChain } from '../store/chains.js';
import type { ReceivablesViews } from '../store/views.js';

/** Kinds of entries of a customer's account. */
export type AccountKind = 'invoiced' | 'credited' | 'paid' | 'dunned' | 'written_off';

/** Body of every entry of a customer's account: the journal entry, and what it was about. */
export interface AccountBody {
  readonly postings: readonly Posting[];
  readonly allocations: readonly Allocation[];
  /** Change of what the customer owes. */
  readonly amount: string;
  readonly entity: string;
  readonly invoiceId: string;
  readonly number: string;
  readonly paymentId: string;
  /** What the invoice is paid with; only of an invoice. */
  readonly reference?: string;
  /** Devices to open again, by reference. */
  readonly unblock: readonly string[];
  /** Devices to block, by reference. */
  readonly block: readonly string[];
  /** Dunning step taken, when one was. */
  readonly step?: { readonly number: number; readonly action: string; readonly fee: string; readonly open: string };
}

/** Devices to open again are those of the invoices that are settled now; they are remembered with the block. */
export interface AccountState extends CustomerAccountState {
  readonly entity: string;
  /** Invoice id → devices blocked for it. */
  readonly blockedDevices: Readonly<Record<string, readonly string[]>>;
}

export interface AccountKey {
  readonly tenantId: string;
  readonly customerId: string;
  readonly currency: string;
}

type What = Exclude<MessageInitShape<typeof factsV1.FactSchema>['what'], undefined>;

const emptyState: AccountState = { ...emptyCustomerAccount, entity: '', blockedDevices: {} };

/** Writes customers' accounts and carries what they say to views and facts. */
export class CustomerAccounts {
  constructor(
    private readonly writer: ChainWriter,
    private readonly views: ReceivablesViews,
    private readonly bus: Bus,
    private readonly chains: ChainStore,
  ) {
    writer.follow('customer/', (entry) => this.project(entry));
  }

  async read(key: AccountKey): Promise<AccountState | undefined> {
    return this.writer.state<AccountState>(customerChain(key.tenantId, key.customerId, key.currency));
  }

  async isBooked({ tenantId, customerId, currency }: AccountKey, cause: string): Promise<boolean> {
    return (await this.chains.findCause(customerChain(tenantId, customerId, currency), cause)) !== undefined;
  }

  /** Books once per cause; `book` may say undefined for nothing. Answers the entry's body, and whether this call made it. */
  async book(
    key: AccountKey,
    command: {
      readonly cause: string;
      readonly now: Instant;
      readonly kind: AccountKind;
      readonly about: { readonly entity?: string; readonly invoiceId?: string; readonly number?: string; readonly paymentId?: string; readonly reference?: string };
      readonly book: (state: CustomerAccountState) => Booking | undefined;
      readonly block?: readonly string[];
      readonly step?: (booking: Booking) => AccountBody['step'];
    },
  ): Promise<{ readonly body: AccountBody | undefined; readonly fresh: boolean }> {
    const { entry, fresh } = await this.writer.execute<AccountState>({
      chain: customerChain(key.tenantId, key.customerId, key.currency),
      cause: command.cause,
      now: command.now,
      decide: (before) => {
        const state = before ?? emptyState;
        const booking = command.book(state);
        if (!booking) return undefined;
        const entity = command.about.entity ?? state.entity;
        const blocked = blockedAfter(state, booking, command.about.invoiceId ?? '', command.block ?? []);
        const body: AccountBody = {
          postings: booking.postings,
          allocations: booking.allocations,
          amount: owedChange(booking.postings),
          entity,
          invoiceId: command.about.invoiceId ?? '',
          number: command.about.number ?? '',
          paymentId: command.about.paymentId ?? '',
          reference: command.about.reference,
          unblock: blocked.unblock,
          block: command.block ?? [],
          step: command.step?.(booking),
        };
        return { kind: command.kind, body, state: { ...booking.state, entity, blockedDevices: blocked.devices } };
      },
    });
    return { body: entry && fromCanonicalBytes<AccountBody>(entry.body), fresh };
  }

  private async project(entry: Entry): Promise<void> {
    const tenant = tenantOfChain(entry.chain);
    const [, , customer = '', currency = ''] = entry.chain.split('/');
    const state = fromCanonicalBytes<AccountState>(entry.state);
    const oldestDue = state.items.map((item) => item.dueDate).sort()[0];
    const hash = Buffer.from(entry.hash).toString('hex');
    await this.views.accounts.put([{ id: entry.chain, version: entry.n, tenant, customer, currency, entity: state.entity, state, hash, oldestDue }]);
    await this.views.ledgers.put([{ id: entry.chain, version: entry.n, tenant, currency, ledger: state.ledger }]);
    const body = fromCanonicalBytes<AccountBody>(entry.body);
    if (body.reference) await this.rememberReference(tenant, customer, currency, body, body.reference);
    await publishFacts(this.bus, tenant, entry, factsOf(entry, customer, currency, await this.stillBlocked(entry, body)));
  }

  /** Every invoice under its reference: entities of a tenant may give out the same ones. */
  private async rememberReference(tenant: string, customerId: string, currency: string, { invoiceId, entity }: AccountBody, text: string): Promise<void> {
    const reference = normalisePaymentReference(text);
    await this.views.references.put([{ id: `${tenant}/${reference}/${invoiceId}`, version: 1, tenant, reference, customerId, invoiceId, currency, entity }]);
  }

  /**
   * Devices that are blocked at the account's head. What follows an entry may run late, after the entry that took it back: a device
   * whose invoice was paid meanwhile must not be blocked by it, nor one opened that was blocked again.
   */
  private async stillBlocked(entry: Entry, { block, unblock }: AccountBody): Promise<ReadonlySet<string>> {
    if (block.length + unblock.length === 0) return new Set();
    const head = await this.writer.state<AccountState>(entry.chain);
    return new Set(Object.values(head?.blockedDevices ?? {}).flat());
  }
}

function factsOf(entry: Entry, customerId: string, currency: string, blockedNow: ReadonlySet<string>): What[] {
  const body = fromCanonicalBytes<AccountBody>(entry.body);
  const facts: What[] = [];
  if (body.allocations.length > 0 || entry.kind === 'paid') {
    const paid = body.postings.find((posting) => posting.account === 'bank' || posting.account === 'suspense');
    facts.push({
      case: 'paymentReceived',
      value: {
        payment: create(receivablesV1.PaymentSchema, {
          id: body.paymentId,
          amount: paid?.amount ?? '0',
          currency,
          customerId,
          allocations: body.allocations.map(({ invoiceId, number, amount }) => ({ customerId, invoiceId, number, amount })),
        }),
      },
    });
  }
  if (body.step) {
    const { number, action, fee, open } = body.step;
    facts.push({
      case: 'dunningStepTaken',
      value: { customerId, invoiceId: body.invoiceId, number: body.number, step: number, action, fee, currency, open },
    });
  }
  const reason = body.number ? `invoice ${body.number}` : 'payment';
  for (const device of body.block) if (blockedNow.has(device)) facts.push({ case: 'deviceBlockRequested', value: { device, customerId, reason: `overdue ${reason}`, blocked: true } });
  for (const device of body.unblock) if (!blockedNow.has(device)) facts.push({ case: 'deviceUnblockRequested', value: { device, customerId, reason: 'paid', blocked: false } });
  return facts;
}

/** A device is opened again when no invoice that it is blocked for is open any more. */
function blockedAfter(state: AccountState, booking: Booking, invoiceId: string, block: readonly string[]) {
  const devices: Record<string, readonly string[]> = { ...state.blockedDevices };
  if (block.length > 0) devices[invoiceId] = block;
  const unblock = new Set<string>();
  for (const settled of booking.unblockedFor) {
    for (const device of devices[settled] ?? []) unblock.add(device);
    delete devices[settled];
  }
  return { devices, unblock: [...unblock] };
}

/** What the customer owes changes with receivable and credit alone. */
function owedChange(postings: readonly Posting[]): string {
  return sumTexts(postings.filter(({ account }) => account === 'receivable' || account === 'credit').map(({ amount }) => amount));
}

function sumTexts(amounts: readonly string[]): string {
  return sumDecimals(amounts.map((amount) => parseDecimal(amount))).toString();
}
