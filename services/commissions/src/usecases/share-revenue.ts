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

/** A payment or credit note that was told before its invoice. */
interface EarlyMovement {
  readonly paymentId: string;
  /** Of a payment. */
  readonly paid?: string;
  /** Of a credit note: the total with tax, and the nets by line of the invoice. */
  readonly credited?: { readonly total: string; readonly lines: readonly (readonly [number, string])[] };
}

/** State of a share chain: the share, or what waits for it. */
type ShareState = InvoiceShare | { readonly early: readonly EarlyMovement[] };

const agreementsPage = 100;

/**
 * Moves partners' shares as invoices are issued, credited and paid. What moved is decided on a chain per invoice, and
 * carried to the partners' accounts by its follow-up, with the entry as the cause.
 *
 * Facts of one tenant come in order as a rule. Where several processes consume them, one that is told again after a process
 * was lost may come behind later ones: a movement that comes before its invoice waits in the chain for it.
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
    await this.write(tenantId, invoice.id, `issued:${factId}`, at, (before) => {
      if (before && !('early' in before)) return undefined;
      const early = before?.early ?? [];
      const step = early.reduce(withMovement, shareInvoice(issued, agreements));
      return { kind: 'shared', step, paymentId: early.length === 1 ? (early[0]?.paymentId ?? '') : '' };
    });
  }

  async creditNoteIssued(tenantId: string, factId: string, at: Instant, note: invoicingV1.Invoice): Promise<void> {
    const lines = new Map<number, string>();
    for (const line of note.lines) {
      const before = parseDecimal(lines.get(line.corrects) ?? '0');
      lines.set(line.corrects, before.minus(parseDecimal(line.net)).toString());
    }
    const total = parseDecimal(note.total).negated().toString();
    await this.move(tenantId, note.correctsId, `credited:${factId}`, 'credited', at, { paymentId: '', credited: { total, lines: [...lines] } });
  }

  async paymentReceived(tenantId: string, factId: string, at: Instant, payment: receivablesV1.Payment): Promise<void> {
    for (const { invoiceId, amount } of payment.allocations) {
      await this.move(tenantId, invoiceId, `paid:${factId}:${invoiceId}`, 'paid', at, { paymentId: payment.id, paid: amount });
    }
  }

  /** A tenant without agreements has nothing to share, so that nothing waits either. */
  private async move(tenantId: string, invoiceId: string, cause: string, kind: string, now: Instant, movement: EarlyMovement): Promise<void> {
    const { items } = await this.views.agreements.list({ index: 'byTenant', equals: [tenantId], limit: 1 });
    const { paymentId } = movement;
    await this.write(tenantId, invoiceId, cause, now, (before) => {
      if (before && !('early' in before)) return { kind, step: withMovement({ share: before, moved: [] }, movement), paymentId };
      return items.length === 0 ? undefined : { kind: 'waits', early: [...(before?.early ?? []), movement], paymentId };
    });
  }

  private async write(tenantId: string, invoiceId: string, cause: string, now: Instant, decide: (before: ShareState | undefined) => Decision | undefined): Promise<void> {
    await this.writer.execute<ShareState>({
      chain: shareChain(tenantId, invoiceId),
      cause,
      now,
      decide: (before) => {
        const decision = decide(before);
        if (!decision) return undefined;
        const { kind, step, early = [], paymentId } = decision;
        const { invoiceNumber = '', currency = '' } = step?.share ?? {};
        const body: ShareBody = { invoiceId, invoiceNumber, currency, paymentId, moved: step?.moved ?? [] };
        return { kind, body, state: step?.share ?? { early } };
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

/** What is written next to a share's chain: a step of the share, or one more movement that waits for it. */
interface Decision {
  readonly kind: string;
  readonly step?: ShareStep;
  readonly early?: readonly EarlyMovement[];
  readonly paymentId: string;
}

function withMovement({ share, moved }: ShareStep, { paid, credited }: EarlyMovement): ShareStep {
  const step = credited ? shareCredit(share, { total: credited.total, lines: new Map(credited.lines) }) : sharePayment(share, paid ?? '0');
  return { share: step.share, moved: [...moved, ...step.moved] };
}

/** The moment a fact happened. */
export function instantOfFact(at: string): Instant {
  return fromRfc3339(at) ?? 0;
}
