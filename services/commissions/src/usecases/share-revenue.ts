import type { ChainWriter } from '@tollkeeper/chain-kit';
import {
  type Agreement,
  bookingMonth,
  type CommissionLine,
  emptyPartnerAccount,
  type InvoiceShare,
  type PartnerAccountState,
  shareCredit,
  shareInvoice,
  sharePayment,
  type ShareStep,
  withCommission,
} from '@tollkeeper/commissions';
import type { invoicingV1, receivablesV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, fromRfc3339, type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { parseDecimal } from '@tollkeeper/money';
import { partnerChain, shareChain, tenantOfChain } from '../store/chains.js';
import type { CommissionsViews } from '../store/views.js';

/** Body of every entry of a share chain: what moved, and why. */
interface ShareBody {
  readonly invoiceId: string;
  readonly invoiceNumber: string;
  readonly currency: string;
  readonly paymentId: string;
  readonly moved: readonly CommissionLine[];
}

/** Body of an `earned` entry of a partner's account. */
export interface EarnedBody extends ShareBody {
  /** Month it counts in, `yyyy-mm` in UTC. */
  readonly month: string;
  readonly date: string;
}

const agreementsPage = 100;

/**
 * Moves partners' shares as invoices are issued, credited and paid. What moved is decided on a chain per invoice, and
 * carried to the partners' accounts by its follow-up, with the entry as the cause.
 */
export class RevenueSharing {
  constructor(
    private readonly writer: ChainWriter,
    private readonly views: CommissionsViews,
  ) {
    writer.follow('share/', (entry) => this.carry(entry));
  }

  /** An invoice without lines of partners' devices leaves nothing to share. */
  async invoiceIssued(tenantId: string, factId: string, at: Instant, invoice: invoicingV1.Invoice): Promise<void> {
    const partners = new Set(invoice.lines.map((line) => line.partnerId).filter((id) => id !== ''));
    if (partners.size === 0) return;
    const agreements = (await Promise.all([...partners].map((partner) => this.agreementsOf(tenantId, partner)))).flat();
    const issued = {
      number: invoice.number,
      issuedOn: invoice.issueDate,
      currency: invoice.currency,
      total: invoice.total,
      lines: invoice.lines.filter((line) => line.partnerId !== ''),
    };
    await this.step(tenantId, invoice.id, `issued:${factId}`, 'shared', at, '', (share) => (share ? undefined : shareInvoice(issued, agreements)));
  }

  async creditNoteIssued(tenantId: string, factId: string, at: Instant, note: invoicingV1.Invoice): Promise<void> {
    const lines = new Map<number, string>();
    for (const line of note.lines) {
      const before = parseDecimal(lines.get(line.corrects) ?? '0');
      lines.set(line.corrects, before.minus(parseDecimal(line.net)).toString());
    }
    const total = parseDecimal(note.total).negated().toString();
    await this.step(tenantId, note.correctsId, `credited:${factId}`, 'credited', at, '', (share) => share && shareCredit(share, { total, lines }));
  }

  async paymentReceived(tenantId: string, factId: string, at: Instant, payment: receivablesV1.Payment): Promise<void> {
    for (const { invoiceId, amount } of payment.allocations) {
      const cause = `paid:${factId}:${invoiceId}`;
      await this.step(tenantId, invoiceId, cause, 'paid', at, payment.id, (share) => share && sharePayment(share, amount));
    }
  }

  private async step(
    tenantId: string,
    invoiceId: string,
    cause: string,
    kind: string,
    now: Instant,
    paymentId: string,
    move: (share: InvoiceShare | undefined) => ShareStep | undefined,
  ): Promise<void> {
    await this.writer.execute<InvoiceShare>({
      chain: shareChain(tenantId, invoiceId),
      cause,
      now,
      decide: (before) => {
        const step = move(before);
        if (!step) return undefined;
        const { invoiceNumber, currency } = step.share;
        const body: ShareBody = { invoiceId, invoiceNumber, currency, paymentId, moved: step.moved };
        return { kind, body, state: step.share };
      },
    });
  }

  /** Follow-up of a share's entry: each partner's movements reach the partner's account once. */
  private async carry(entry: Entry): Promise<void> {
    const tenantId = tenantOfChain(entry.chain);
    const body = fromCanonicalBytes<ShareBody>(entry.body);
    const byPartner = Map.groupBy(body.moved, (line) => line.partnerId);
    for (const [partnerId, moved] of byPartner) {
      const date = toRfc3339(entry.bookedAt).slice(0, 10);
      await this.writer.execute<PartnerAccountState>({
        chain: partnerChain(tenantId, partnerId, body.currency),
        cause: `${entry.chain}#${entry.n}`,
        now: entry.bookedAt,
        decide: (before, head) => {
          const state = before ?? emptyPartnerAccount;
          const month = bookingMonth(state, date.slice(0, 7));
          const earned: EarnedBody = { ...body, moved, month, date };
          return { kind: 'commission_booked', body: earned, state: withCommission(state, month, moved, (head?.n ?? 0) + 1) };
        },
      });
    }
  }

  private async agreementsOf(tenantId: string, partnerId: string): Promise<readonly Agreement[]> {
    const agreements: Agreement[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.views.agreements.list({ index: 'byPartner', equals: [tenantId, partnerId], cursor, limit: agreementsPage });
      agreements.push(...page.items.map((document) => document.agreement));
      cursor = page.next;
    } while (cursor !== undefined);
    return agreements;
  }
}

/** The moment a fact happened. */
export function instantOfFact(at: string): Instant {
  return fromRfc3339(at) ?? 0;
}
