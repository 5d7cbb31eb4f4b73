import { create } from '@bufbuild/protobuf';
import { invoicingV1, tenantV1 } from '@tollkeeper/contracts';
import { type Instant } from '@tollkeeper/kernel';
import { localDateAt } from '@tollkeeper/metering';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import { bookDunningStep, defaultDunningPolicy, type DueStep, dueSteps, type DunningPolicy } from '@tollkeeper/receivables';
import type { CustomerAccountDocument, ReceivablesViews } from '../store/views.js';
import type { CustomerAccounts } from './account-entries.js';

export interface DunningPorts {
  readonly client: ServiceClient;
  readonly views: ReceivablesViews;
  readonly accounts: CustomerAccounts;
}

export interface DunningDone {
  readonly reminders: number;
  readonly blocks: number;
}

const accountsPage = 100;

/** Takes every dunning step whose day has come, account by account; each step happens once, whoever asks how often. */
export async function dunOverdue(ports: DunningPorts, tenantId: string, now: Instant): Promise<DunningDone> {
  const days = new EntityDays(ports, tenantId, now);
  const done = { reminders: 0, blocks: 0 };
  // Oldest due dates first, up to today anywhere on Earth; what is not overdue yet is not even read.
  const horizon = new Date(now + 14 * 3_600_000).toISOString().slice(0, 10);
  let cursor: string | undefined;
  do {
    const page = await ports.views.accounts.list({ index: 'byOldestDue', equals: [tenantId], to: horizon, cursor, limit: accountsPage });
    for (const account of page.items) {
      const { policy, today } = await days.of(account.entity);
      for (const step of dueSteps(account.state, policy, today)) {
        if (!(await takeStep(ports, account, step, { now, today }))) continue;
        if (step.action === 'block') done.blocks++;
        else done.reminders++;
      }
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return done;
}

/** Resolves with false when there was nothing to do any more. */
async function takeStep(
  ports: DunningPorts,
  account: CustomerAccountDocument,
  step: DueStep,
  { now, today }: { readonly now: Instant; readonly today: string },
): Promise<boolean> {
  const { tenant: tenantId, customer: customerId, currency } = account;
  const { invoiceId, number } = step.item;
  const block = step.action === 'block' ? await devicesOf(ports.client, tenantId, invoiceId) : [];
  const { fresh } = await ports.accounts.book(
    { tenantId, customerId, currency },
    {
      cause: `dunning:${invoiceId}:${step.number}`,
      now,
      kind: 'dunned',
      about: { invoiceId, number },
      // It may have been paid since the list was read; then there is nothing to do.
      book: (state) =>
        state.items.some((item) => item.invoiceId === invoiceId && item.step === step.number - 1)
          ? bookDunningStep(state, { invoiceId, action: step.action, fee: step.fee, today })
          : undefined,
      block,
      step: (booking) => ({
        number: step.number,
        action: step.action,
        fee: step.fee,
        open: booking.state.items.find((item) => item.invoiceId === invoiceId)?.open ?? '0',
      }),
    },
  );
  return fresh;
}

async function devicesOf(client: ServiceClient, tenantId: string, invoiceId: string): Promise<readonly string[]> {
  const request = create(tenantV1.GetRequestSchema, { tenantId, id: invoiceId });
  const invoice = await client.call(invoicingV1.InvoicingService.method.getInvoice, request);
  return [...new Set(invoice.lines.map((line) => line.device).filter((device) => device !== ''))];
}

/** The policy of each billing entity, and the present day there; asked for once per round. */
export class EntityDays {
  private readonly known = new Map<string, { readonly policy: DunningPolicy; readonly today: string }>();

  constructor(
    private readonly ports: Pick<DunningPorts, 'client' | 'views'>,
    private readonly tenantId: string,
    private readonly now: Instant,
  ) {}

  async of(entityId: string): Promise<{ readonly policy: DunningPolicy; readonly today: string }> {
    const known = this.known.get(entityId);
    if (known) return known;
    const entity = await this.ports.client.call(tenantV1.TenantService.method.getBillingEntity, { tenantId: this.tenantId, id: entityId });
    const stored = await this.ports.views.policies.get(`${this.tenantId}/${entityId}`);
    const found = { policy: stored?.policy ?? defaultDunningPolicy, today: localDateAt(this.now, entity.timeZone || 'UTC') };
    this.known.set(entityId, found);
    return found;
  }
}
