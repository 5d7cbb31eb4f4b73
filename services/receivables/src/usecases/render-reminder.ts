import { create } from '@bufbuild/protobuf';
import { invoicingV1, tenantV1 } from '@tollkeeper/contracts';
import { addDays, type InvoiceParty, type Reminder, renderReminderPdf } from '@tollkeeper/invoicing';
import { type Instant, Problem } from '@tollkeeper/kernel';
import { type ServiceClient, toAddress, toBrand } from '@tollkeeper/nest-kit';
import { type DunningPolicy, nextStepDay, type OpenItem } from '@tollkeeper/receivables';
import type { ReceivablesViews } from '../store/views.js';
import type { CustomerAccounts } from './account-entries.js';
import { EntityDays } from './dun-overdue.js';

export interface ReminderPorts {
  readonly client: ServiceClient;
  readonly views: ReceivablesViews;
  readonly accounts: CustomerAccounts;
}

const dayMs = 86_400_000;
/** Given to pay when the policy takes no further step. */
const daysToPay = 7;

/**
 * The reminder letter of an invoice in its brand's look, as of now: with the fees of the steps taken so far, and with the day of
 * the next step to pay by.
 * @throws Problem `not_found`; `conflict` when the invoice is settled or not overdue.
 */
export async function renderReminder(ports: ReminderPorts, tenantId: string, invoiceId: string, now: Instant): Promise<invoicingV1.Rendering> {
  const { client, accounts } = ports;
  const invoice = await client.call(invoicingV1.InvoicingService.method.getInvoice, { tenantId, id: invoiceId });
  const account = await accounts.read({ tenantId, customerId: invoice.customerId, currency: invoice.currency });
  const item = account?.items.find((one) => one.invoiceId === invoice.id);
  if (!account || !item) throw new Problem('conflict', `Nothing of ${invoice.number} is open; there is nothing to remind of.`, { param: 'id' });
  const { policy, today } = await new EntityDays(ports, tenantId, now).of(invoice.billingEntityId);
  if (item.dueDate >= today) throw new Problem('conflict', `Invoice ${invoice.number} is due on ${item.dueDate} and not overdue yet.`, { param: 'id' });
  const brand = await client.call(tenantV1.TenantService.method.getBrand, { tenantId, id: invoice.brandId });
  const reminder = toReminder(invoice, item, policy, today);
  const content = await renderReminderPdf(reminder, toBrand(brand), { createdAt: now });
  return create(invoicingV1.RenderingSchema, { fileName: `reminder-${invoice.number}.pdf`, contentType: 'application/pdf', content });
}

/** The letter's content; `today` is `yyyy-mm-dd` where the seller is. */
function toReminder(invoice: invoicingV1.Invoice, item: OpenItem, policy: DunningPolicy, today: string): Reminder {
  const next = nextStepDay({ items: [item] }, policy) ?? addDays(today, daysToPay);
  const willBlock = policy.steps.slice(item.step).some(({ action }) => action === 'block');
  return {
    number: item.step > 0 ? `${invoice.number}/${item.step}` : invoice.number,
    issuedOn: today,
    payBy: next > today ? next : today,
    currency: invoice.currency,
    language: invoice.language,
    seller: toParty(invoice.seller),
    buyer: toParty(invoice.buyer ?? create(invoicingV1.PartySchema, { id: invoice.customerId })),
    items: [
      {
        number: invoice.number,
        issuedOn: invoice.issueDate,
        dueOn: item.dueDate,
        amount: invoice.total,
        open: item.open,
        daysOverdue: Math.round((Date.parse(today) - Date.parse(item.dueDate)) / dayMs),
      },
    ],
    // The account has every fee among what is open already.
    fee: '0',
    paymentReference: invoice.reference,
    paymentDetails: { bankgiro: invoice.bankgiro || undefined, iban: invoice.iban || undefined, bic: invoice.bic || undefined },
    block: item.blocking ? 'blocked' : willBlock ? 'announced' : 'none',
  };
}

function toParty(party: invoicingV1.Party | undefined): InvoiceParty {
  return {
    id: party?.id ?? '',
    name: party?.name ?? '',
    registrationNumber: party?.registrationNumber || undefined,
    vatNumber: party?.vatNumber || undefined,
    address: toAddress(party?.address),
  };
}
