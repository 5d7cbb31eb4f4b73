import { ingestionV1, invoicingV1, ratingV1, receivablesV1 } from '@tollkeeper/contracts';
import { toRfc3339 } from '@tollkeeper/kernel';
import type { PatientClient } from '../workload/client.js';
import type { PlannedTenant } from '../workload/plan.js';

/** An event as a page of a device account shows it. */
export interface BookedEvent {
  readonly device: string;
  readonly id: string;
  readonly source: string;
  readonly meter: string;
  readonly quantity: string;
  readonly key?: string;
  readonly time: string;
  readonly receipt_id: string;
  readonly ordinal: number;
}

export interface SeenDevice {
  readonly device: string;
  readonly account: ratingV1.DeviceAccount;
  /** In the order of the chain. */
  readonly entries: readonly ratingV1.AccountEntry[];
  readonly events: readonly BookedEvent[];
}

interface SeenCustomer {
  readonly customerId: string;
  readonly account: receivablesV1.CustomerAccount;
  readonly lines: readonly receivablesV1.StatementLine[];
}

/** Everything that one tenant's public answers show. */
export interface SeenTenant {
  readonly tenant: PlannedTenant;
  readonly devices: readonly SeenDevice[];
  readonly days: readonly ingestionV1.IntakeDay[];
  readonly quarantine: readonly ingestionV1.QuarantineItem[];
  readonly invoices: readonly invoicingV1.Invoice[];
  readonly customers: readonly SeenCustomer[];
  readonly payments: readonly receivablesV1.Payment[];
}

const dayMs = 86_400_000;

/** Pages through a list that goes on with cursors. */
async function all<T>(page: (cursor: string) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string }>): Promise<T[]> {
  const items: T[] = [];
  let cursor = '';
  do {
    const next = await page(cursor);
    items.push(...next.items);
    cursor = next.nextCursor;
  } while (cursor !== '');
  return items;
}

export async function readTenant(client: PatientClient, tenant: PlannedTenant, fromMs: number, toMs: number): Promise<SeenTenant> {
  const { tenantId } = tenant;
  const { method: intake } = ingestionV1.IngestionService;
  const { method: invoices } = invoicingV1.InvoicingService;
  const { method: money } = receivablesV1.ReceivablesService;
  const listed = await all((cursor) => client.ask(invoices.listInvoices, { tenantId, limit: 100, cursor }));
  return {
    tenant,
    devices: await Promise.all(tenant.terms.map(({ reference }) => readDevice(client, tenantId, reference))),
    days: (await client.ask(intake.listIntakeDays, { tenantId, from: toRfc3339(fromMs - dayMs).slice(0, 10), to: toRfc3339(toMs).slice(0, 10) })).items,
    quarantine: await all((cursor) => client.ask(intake.listQuarantine, { tenantId, limit: 100, cursor })),
    invoices: await Promise.all(listed.map(({ id }) => client.ask(invoices.getInvoice, { tenantId, id }))),
    customers: await Promise.all(tenant.customers.map(({ id = '' }) => readCustomer(client, tenantId, id))),
    payments: await all((cursor) => client.ask(money.listPayments, { tenantId, limit: 100, cursor })),
  };
}

async function readDevice(client: PatientClient, tenantId: string, device: string): Promise<SeenDevice> {
  const { method } = ratingV1.RatingService;
  const entries = await all((cursor) => client.ask(method.listAccountEntries, { tenantId, device, limit: 100, cursor, withBody: true }));
  const pages = entries.filter(({ kind }) => kind === 'usage_posted');
  const events = pages.flatMap(({ body }) => (JSON.parse(body) as { readonly events: readonly Omit<BookedEvent, 'device'>[] }).events);
  return {
    device,
    account: await client.ask(method.getDeviceAccount, { tenantId, id: device }),
    entries: entries.sort((a, b) => a.n - b.n),
    events: events.map((event) => ({ ...event, device })),
  };
}

async function readCustomer(client: PatientClient, tenantId: string, customerId: string): Promise<SeenCustomer> {
  const { method } = receivablesV1.ReceivablesService;
  const lines: receivablesV1.StatementLine[] = [];
  let cursor = '';
  let account: receivablesV1.CustomerAccount | undefined;
  do {
    const page = await client.ask(method.getCustomerStatement, { tenantId, customerId, limit: 100, cursor });
    lines.push(...page.lines);
    account ??= page.account;
    cursor = page.nextCursor;
  } while (cursor !== '');
  if (!account) throw new Error(`customer ${customerId} has a statement without an account`);
  return { customerId, account, lines };
}
