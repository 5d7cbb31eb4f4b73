import type { ChainWriter } from '@tollkeeper/chain-kit';
import { type invoicingV1, tenantV1 } from '@tollkeeper/contracts';
import { type CreditedPart, creditedTogether, creditInvoice, type CreditScope, type Invoice, issueInvoice } from '@tollkeeper/invoicing';
import { derivedId, type Entry, fromCanonicalBytes, fromRfc3339, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { publishFacts, type ServiceClient } from '@tollkeeper/nest-kit';
import type { Bus } from '@tollkeeper/ports';
import { creditChain, seriesChain, tenantOfChain } from '../store/chains.js';
import { toInvoiceMessage } from '../store/invoice.mapping.js';
import type { BookedInvoice, ClosedReference, InvoiceDocument, InvoicingViews } from '../store/views.js';
import type { Charges, Parties } from './gather-charges.js';

/** Body of a number series' entry: document n of the entity's year. */
export interface IssuedBody {
  readonly invoice: BookedInvoice;
  readonly entity: string;
  readonly customer: string;
  readonly billRun?: string;
  readonly closed: readonly ClosedReference[];
  readonly partners: Readonly<Record<string, string>>;
}

/** State of a number series: nothing but how many documents of each kind it holds. */
interface SeriesState {
  readonly invoices: number;
  readonly creditNotes: number;
}

/** Body of a credit chain's entry: the credit note, numbered by what follows the entry. */
interface CreditBody {
  readonly note: BookedInvoice;
  readonly entity: string;
  readonly customer: string;
  /** Prefix of the number. */
  readonly series: string;
  /** What the note is issued for; its number has the same cause. */
  readonly cause: string;
}

/** State of a credit chain: what the credit notes of the invoice take back together. */
interface CreditState {
  readonly taken?: CreditedPart;
}

/** The calendar day of an instant in a time zone, yyyy-mm-dd. */
export function dayIn(timeZone: string, instant: Instant): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(instant);
}

/** Numbers read `SE2026-000001`; they never repeat, because prefix and year name the series and n its place. */
function documentNumber(series: string, year: string, n: number): string {
  return `${series}${year}-${String(n).padStart(6, '0')}`;
}

export interface IssueOrder {
  readonly tenantId: string;
  /** The same cause issues one document. */
  readonly cause: string;
  readonly now: Instant;
  readonly billRun?: string;
}

export interface IssuerPorts {
  readonly writer: ChainWriter;
  readonly views: InvoicingViews;
  readonly bus: Bus;
  readonly client: ServiceClient;
}

/** Issues numbered, immutable documents, and tells of them. */
export class DocumentIssuer {
  constructor(private readonly ports: IssuerPorts) {
    ports.writer.follow('series/', (entry) => this.project(entry));
    ports.writer.follow('credit/', async (entry) => void (await this.numberCreditNote(entry)));
  }

  /** The invoice that this cause has issued. */
  async issued(tenantId: string, cause: string): Promise<InvoiceDocument | undefined> {
    return this.ports.views.invoices.get(derivedId('invoice', tenantId, cause));
  }

  /** Resolves with what was issued, the earlier invoice when this cause issued it before: then it need not hold these charges. */
  async issueInvoice(order: IssueOrder, parties: Parties, charges: Charges): Promise<IssuedBody> {
    const id = derivedId('invoice', order.tenantId, order.cause);
    const issuedOn = dayIn(parties.timeZone, order.now);
    const build = (number: string): Invoice =>
      issueInvoice({ id, number, issuedOn, seller: parties.seller, buyer: parties.buyer, lines: charges.usage, fees: charges.fees });
    // The buyer's record stands before the number is taken, so that no numbered invoice ever lacks its buyer.
    const { buyer } = build('0');
    await this.ports.views.buyers.put([{ id, version: 1, tenant: order.tenantId, customer: parties.buyer.id, buyer }]);
    return this.number(order, { entity: parties.seller.id, series: parties.series }, issuedOn, (number) => ({
      invoice: withoutBuyer(build(number)),
      entity: parties.seller.id,
      customer: parties.buyer.id,
      billRun: order.billRun,
      closed: charges.closed,
      partners: charges.partners,
    }));
  }

  /** Decides on the invoice's own chain what is credited, so that two credit notes never take back too much, then numbers it. */
  async issueCreditNote(order: IssueOrder, original: InvoiceDocument, scope: CreditScope, reason: string): Promise<BookedInvoice> {
    // The entity that issued the invoice corrects it, wherever its customer belongs by now.
    const entity = await this.ports.client.call(tenantV1.TenantService.method.getBillingEntity, { tenantId: order.tenantId, id: original.entity });
    const id = derivedId('creditNote', order.tenantId, order.cause);
    const issuedOn = dayIn(entity.timeZone || 'UTC', order.now);
    const invoice: Invoice = { ...original.invoice, buyer: erasedBuyer(original.customer) };
    const { entry } = await this.ports.writer.execute<CreditState>({
      chain: creditChain(order.tenantId, original.id),
      cause: order.cause,
      now: order.now,
      decide: (state) => {
        const earlier = state?.taken ? [state.taken] : [];
        const note = withoutBuyer(creditInvoice(invoice, earlier, { id, number: '0', issuedOn, scope, reason }));
        const body: CreditBody = { note, entity: original.entity, customer: original.customer, series: entity.series, cause: order.cause };
        return { kind: 'credited', body, state: { taken: creditedTogether([...earlier, note]) } };
      },
    });
    if (!entry) throw new Error('crediting always writes an entry');
    return this.numberCreditNote(entry);
  }

  /** Follow-up of a credit chain's entry: what was decided gets its number, also when whoever asked for it is gone. */
  private async numberCreditNote(entry: Entry): Promise<BookedInvoice> {
    const tenantId = tenantOfChain(entry.chain);
    const { note, entity, customer, series, cause } = fromCanonicalBytes<CreditBody>(entry.body);
    const buyer = await this.ports.views.buyers.get(note.credits?.id ?? '');
    if (buyer) await this.ports.views.buyers.put([{ ...buyer, id: note.id, version: 1 }]);
    const { invoice } = await this.number({ tenantId, cause, now: entry.bookedAt }, { entity, series }, note.issuedOn, (number) => ({
      invoice: { ...note, number },
      entity,
      customer,
      closed: [],
      partners: {},
    }));
    return invoice;
  }

  private async number(
    order: IssueOrder,
    seller: { readonly entity: string; readonly series: string },
    issuedOn: string,
    body: (number: string) => IssuedBody,
  ): Promise<IssuedBody> {
    const year = issuedOn.slice(0, 4);
    const { entry } = await this.ports.writer.execute<SeriesState>({
      chain: seriesChain(order.tenantId, seller.entity, year),
      cause: order.cause,
      now: order.now,
      decide: (state, head) => {
        const issued = body(documentNumber(seller.series, year, (head?.n ?? 0) + 1));
        const credit = issued.invoice.kind === 'credit_note';
        const { invoices = 0, creditNotes = 0 } = state ?? {};
        return {
          kind: credit ? 'credit_note_issued' : 'invoice_issued',
          body: issued,
          state: { invoices: invoices + (credit ? 0 : 1), creditNotes: creditNotes + (credit ? 1 : 0) },
        };
      },
    });
    if (!entry) throw new Error('numbering always writes an entry');
    return fromCanonicalBytes<IssuedBody>(entry.body);
  }

  /** Follow-up of an issued document: it becomes readable, and everybody hears of it. */
  private async project(entry: Entry): Promise<void> {
    const tenant = tenantOfChain(entry.chain);
    const body = fromCanonicalBytes<IssuedBody>(entry.body);
    const document: InvoiceDocument = {
      id: body.invoice.id,
      version: entry.n,
      tenant,
      customer: body.customer,
      entity: body.entity,
      number: body.invoice.number,
      billRun: body.billRun,
      invoice: body.invoice,
      closed: body.closed,
      chain: entry.chain,
      hash: Buffer.from(entry.hash).toString('hex'),
      issuedAt: toRfc3339(entry.bookedAt),
    };
    await this.ports.views.invoices.put([document]);
    const message = withPartners(toInvoiceMessage(document), body.partners);
    const what = body.invoice.kind === 'credit_note' ? 'creditNoteIssued' : 'invoiceIssued';
    await publishFacts(this.ports.bus, tenant, entry, [{ case: what, value: message }]);
  }
}

function withPartners(message: invoicingV1.Invoice, partners: Readonly<Record<string, string>>): invoicingV1.Invoice {
  for (const line of message.lines) line.partnerId = partners[line.device] ?? '';
  return message;
}

function withoutBuyer(invoice: Invoice): BookedInvoice {
  const { buyer: _personal, ...booked } = invoice;
  return booked;
}

/** What stands where an erased person stood. */
export function erasedBuyer(customerId: string): Invoice['buyer'] {
  return { id: customerId, name: '', address: { lines: [], postalCode: '', city: '', country: '' }, business: false };
}

/** @throws Problem when the text is given and is no RFC 3339 time. */
export function instantOr(text: string, param: string, otherwise: Instant): Instant {
  if (text === '') return otherwise;
  const instant = fromRfc3339(text);
  if (instant === undefined) throw new Problem('invalid_request', `${param} “${text}” is not an RFC 3339 time such as 2026-02-01T00:00:00Z.`, { param });
  return instant;
}
