import { type ApiClient, RawBody } from '@tollkeeper/api-client';
import { bgmax, type BankPayment, camt054 } from './bank-files.js';
import { billingEntities } from './fleet.js';
import { sendMonth, settled, until } from './live-a-month.js';
import { amount, count, plural, type Printer } from './printer.js';
import type { SampleTenant } from './set-up.js';
import { SampleUsage } from './usage.js';

/** The consumer who forgets to pay. */
const forgetful = 'se-3';

interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly customer_id: string;
  readonly currency: string;
  readonly total: string;
  readonly reference: string;
  readonly buyer?: { readonly name: string };
}

interface BillRun {
  readonly id: string;
  readonly status: string;
  readonly invoices: number;
  readonly held: number;
  readonly total: string;
  readonly currency: string;
  readonly failures?: readonly { readonly customer_id: string; readonly detail: string }[];
}

type Seller = 'voltvik' | 'meterhuis';
const sellers: readonly Seller[] = ['voltvik', 'meterhuis'];

/** Lives through January to March 2026 and tells what happened. Everything goes through the public API. */
export class Story {
  private readonly usage = new SampleUsage(20260101);
  private readonly client: ApiClient;

  constructor(
    private readonly sample: SampleTenant,
    private readonly printer: Printer,
  ) {
    this.client = sample.client;
  }

  async tell(): Promise<void> {
    await this.month(1, 'January');
    await this.advanceTo('2026-02-14T08:00:00Z');
    await this.pay('2026-02-13', new Set([this.idOf(forgetful)]));
    await this.month(2, 'February');
    await this.advanceTo('2026-03-12T08:00:00Z');
    await this.blockAndUnblock();
    await this.pay('2026-03-12', new Set());
    await this.month(3, 'March');
    await this.creditOne();
    await this.advanceTo('2026-04-12T08:00:00Z');
    await this.pay('2026-04-11', new Set());
    await this.advanceTo('2026-05-01T08:00:00Z');
    await this.partnerShare();
    await this.prove();
  }

  /** Feeds what was measured in a month, then bills it on the first of the next. */
  private async month(month: number, name: string): Promise<void> {
    const day = `2026-${String(month + 1).padStart(2, '0')}-01`;
    await this.advanceTo(`${day}T06:00:00Z`);
    const made = this.usage.month(month);
    const total = made.events.length + made.files.reduce((sum, file) => sum + file.records, 0);
    const intake = await this.printer.progress(`${name}: usage`, total, async (advance) => {
      await sendMonth(this.client, made, advance);
      return settled(this.client, day, day);
    });
    this.printer.line(
      `${name.padEnd(9)} received ${count(intake.received)} events: booked ${count(intake.booked)}, ` +
        `${plural(intake.duplicate, 'duplicate')}, ${count(intake.quarantined)} in quarantine`,
    );
    for (const seller of sellers) await this.bill(seller, `${day}T06:00:00Z`);
  }

  private async bill(seller: Seller, until_: string): Promise<void> {
    const order = { billing_entity_id: this.sample.entities[seller], until: until_ };
    const started = await this.client.post<BillRun>('/v1/bill-runs', order);
    const run = await this.printer.progress('bill run', this.sample.customers.size, async () =>
      until(
        () => this.client.get<BillRun>(`/v1/bill-runs/${started.id}`),
        ({ status }) => status !== 'running',
      ),
    );
    const [failure] = run.failures ?? [];
    if (failure) throw new Error(`the bill run could not bill ${failure.customer_id}: ${failure.detail}`);
    const held = run.held > 0 ? `, ${plural(run.held, 'small account')} held for later` : '';
    this.printer.line(`          ${billingEntities[seller].name}: ${plural(run.invoices, 'invoice')}, ${amount(run.total, run.currency)}${held}`);
  }

  /** Everybody but `forgetful` pays what is open, by a file of the bank: Bankgirot in Sweden, camt.054 in the Netherlands. */
  private async pay(day: string, except: ReadonlySet<string>): Promise<void> {
    for (const seller of sellers) {
      const payments = await this.openPayments(seller, day, except);
      if (payments.length === 0) continue;
      const file =
        seller === 'voltvik'
          ? { name: `bgmax-${day}.txt`, body: new RawBody('text/plain', Buffer.from(bgmax(billingEntities.voltvik.bankgiro, payments, `${day}T180000`), 'latin1')) }
          : { name: `camt054-${day}.xml`, body: new RawBody('application/xml', camt054(billingEntities.meterhuis.iban, 'EUR', payments, `NG${day.replaceAll('-', '')}`)) };
      const done = await this.client.post<{ readonly format: string; readonly payments: number; readonly matched: number; readonly total: string; readonly currency: string }>(
        '/v1/payments/import',
        file.body,
        { query: { name: file.name } },
      );
      this.printer.line(`          ${done.format} file: ${plural(done.payments, 'payment')}, ${amount(done.total, done.currency)}, ${count(done.matched)} matched by reference`);
    }
  }

  private async openPayments(seller: Seller, day: string, except: ReadonlySet<string>): Promise<readonly BankPayment[]> {
    const payments: BankPayment[] = [];
    for await (const invoice of this.client.list<Invoice>('/v1/invoices', { billing_entity_id: this.sample.entities[seller] })) {
      if (except.has(invoice.customer_id)) continue;
      const account = await this.client.get<{ readonly open_items: readonly { readonly invoice_id: string; readonly open: string }[] }>(`/v1/customers/${invoice.customer_id}/account`);
      const open = account.open_items.find((item) => item.invoice_id === invoice.id);
      if (open) payments.push({ amount: withCents(open.open), reference: invoice.reference, payer: invoice.buyer?.name ?? '', day });
    }
    return payments;
  }

  /** The forgetful one got a reminder with a fee, then the charge point was blocked; paying opens it again at once. */
  private async blockAndUnblock(): Promise<void> {
    const customerId = this.idOf(forgetful);
    const { items } = await this.client.get<{ readonly items: readonly { readonly reference: string }[] }>('/v1/devices', { customer_id: customerId });
    const device = items[0]?.reference ?? '';
    const path = `/v1/devices/${encodeURIComponent(device)}/entitlement`;
    type Entitlement = { readonly entitled: boolean; readonly reason: string };
    await until(
      () => this.client.get<Entitlement>(path),
      ({ entitled }) => !entitled,
    );
    const account = await this.client.get<{ readonly open_items: readonly { readonly number: string; readonly reference: string; readonly open: string }[] }>(`/v1/customers/${customerId}/account`);
    const overdue = account.open_items[0];
    if (!overdue) throw new Error('the forgetful customer has nothing open');
    this.printer.line(`          ${device} was blocked: invoice ${overdue.number} is overdue, ${amount(overdue.open, 'SEK')} with the reminder's fee`);
    const begun = performance.now();
    await this.client.post('/v1/payments', { amount: withCents(overdue.open), currency: 'SEK', reference: overdue.reference });
    await untilSoon(
      () => this.client.get<Entitlement>(path),
      ({ entitled }) => entitled,
    );
    this.printer.line(`          it was paid, and the charge point opened again after ${Math.round(performance.now() - begun)} ms`);
  }

  /** One line of one invoice is taken back. */
  private async creditOne(): Promise<void> {
    const { items } = await this.client.get<{ readonly items: readonly Invoice[] }>('/v1/invoices', { customer_id: this.idOf('lindqvist'), limit: 1 });
    const invoice = items[0];
    if (!invoice) throw new Error('the company has no invoice');
    const note = await this.client.post<Invoice>(`/v1/invoices/${invoice.id}/credit-notes`, { reason: 'Charge point out of order', lines: [{ number: 1 }] });
    this.printer.line(`          credit note ${note.number} takes back ${amount(note.total.replace('-', ''), note.currency)} of invoice ${invoice.number}`);
  }

  private async partnerShare(): Promise<void> {
    type Statement = { readonly month: string; readonly earned: string; readonly closing: string; readonly currency: string };
    const { items } = await this.client.get<{ readonly items: readonly Statement[] }>('/v1/statements', { partner_id: this.sample.partnerId });
    const last = [...items].sort((a, b) => (a.month < b.month ? -1 : 1)).at(-1);
    if (!last) throw new Error('the partner has no statement');
    this.printer.line(`Partner   ${plural(items.length, 'monthly statement')}; the partner's account stands at ${amount(last.closing, last.currency)}`);
  }

  private async prove(): Promise<void> {
    type Proof = { readonly chains?: number; readonly entries?: number; readonly pages?: number; readonly faults?: readonly object[]; readonly next_cursor?: string };
    const all = async (path: string) => {
      const sums = { chains: 0, entries: 0, pages: 0, faults: 0 };
      let cursor: string | undefined;
      do {
        const page: Proof = await this.client.get(path, { limit: 100, cursor });
        sums.chains += page.chains ?? 0;
        sums.entries += page.entries ?? 0;
        sums.pages += page.pages ?? 0;
        sums.faults += page.faults?.length ?? 0;
        cursor = page.next_cursor;
      } while (cursor);
      return sums;
    };
    const chains = await this.printer.progress('proving', 2, () => all('/v1/chains/verify'));
    const pages = await all('/v1/rerating/verify');
    this.printer.line(
      `Proof     ${count(chains.chains)} chains with ${count(chains.entries)} entries, ${plural(chains.faults, 'fault')}; ` +
        `${count(pages.pages)} pages priced again, ${plural(pages.faults, 'difference')}`,
    );
  }

  private async advanceTo(to: string): Promise<void> {
    await this.printer.progress(`clock to ${to.slice(0, 10)}`, 1, () => this.client.post('/v1/clock/advance', { to }));
  }

  private idOf(key: string): string {
    return this.sample.customers.get(key) ?? '';
  }
}

/** The wait after a payment is measured, so it is looked at often. */
async function untilSoon<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (good(await ask())) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('the device was not opened again');
}

/** Bank files want two decimals; amounts of both currencies have no more. */
function withCents(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
}
