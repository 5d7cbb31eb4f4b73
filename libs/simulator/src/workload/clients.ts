import { ingestionV1, invoicingV1, ratingV1, receivablesV1 } from '@tollkeeper/contracts';
import { Problem, toRfc3339 } from '@tollkeeper/kernel';
import { Violation } from '../oracle/violation.js';
import type { Platform } from '../services/platform.js';
import type { Chance } from '../world/chance.js';
import { PatientClient } from './client.js';
import type { Plan, PlannedBatch, PlannedEvent, PlannedMonth, PlannedTenant } from './plan.js';
import type { Witness } from './witness.js';

const { method: ingestion } = ingestionV1.IngestionService;
const { method: rating } = ratingV1.RatingService;
const { method: invoicing } = invoicingV1.InvoicingService;
const { method: receivables } = receivablesV1.ReceivablesService;

const utf8 = new TextEncoder();
const pollMs = 400;
const httpRetryMs = 700;
const longestBillRunMs = 120_000;

/** Those who live in a world: they set it up, send usage, have it billed, pay, and complain. */
export class Clients {
  readonly client: PatientClient;

  constructor(
    private readonly platform: Platform,
    private readonly plan: Plan,
    private readonly witness: Witness,
    private readonly chance: Chance,
  ) {
    this.client = new PatientClient(platform);
  }

  async setUp(): Promise<void> {
    await Promise.all(this.plan.tenants.map((tenant) => this.setUpTenant(tenant)));
  }

  private async setUpTenant(tenant: PlannedTenant): Promise<void> {
    const { tenantId, meters, versions, priceList: code, currency } = tenant;
    for (const { code: meter, aggregation } of meters) {
      await this.client.ask(rating.putMeter, { tenantId, cause: `put-meter-${meter}`, meter: { code: meter, name: meter, aggregation, unit: 'unit' } });
    }
    const priceList = {
      code,
      name: 'Standard',
      currency,
      versions: versions.map(({ from, prices }) => ({
        effectiveFrom: toRfc3339(from),
        prices: Object.entries(prices).map(([meter, price]) => ({ meter, description: meter, product: 'usage', price })),
      })),
    };
    await this.client.ask(rating.putPriceList, { tenantId, cause: 'put-price-list', priceList });
    await this.client.ask(rating.applyContract, { tenantId, cause: 'apply-contract', devices: [...tenant.terms] });
  }

  /** Sends batches, each at its time; resolves when every one is acknowledged or given up. */
  async send(batches: readonly PlannedBatch[]): Promise<void> {
    await Promise.all(batches.map((batch) => this.sendBatch(batch)));
  }

  private async sendBatch(batch: PlannedBatch): Promise<void> {
    await this.client.wait(batch.afterMs);
    if (!batch.isNewEachTime) return void (await this.sendOnce(batch));
    // As over HTTP: whoever tries again makes another request, and what the first one did may stand.
    for (let attempt = 1; attempt <= batch.attempts; attempt++) {
      if (await this.sendOnce({ ...batch, cause: `${batch.cause}_${attempt}`, attempts: 1 })) return;
      await this.client.wait(httpRetryMs);
    }
  }

  /** The same message until somebody answers; false when it was given up. */
  private async sendOnce(batch: PlannedBatch): Promise<boolean> {
    const { tenantId, cause, attempts } = batch;
    const body = utf8.encode(JSON.stringify(batch.events.map(toCloudEvent)));
    const message = { tenantId, cause, contentType: 'application/cloudevents-batch+json', body, nowMs: this.platform.world.clock.now() };
    this.witness.sent.push(batch);
    const receipt = await this.client.try(ingestion.acceptUsage, message, attempts);
    if (!receipt) return false;
    this.witness.acknowledged.set(batch, receipt.id);
    // A network that did not trust its own answer.
    if (this.chance.hits(0.15)) await this.client.try(ingestion.acceptUsage, message, 1);
    return true;
  }

  /** Bills a month for every tenant while late readings still come in. */
  async bill(month: PlannedMonth): Promise<void> {
    await Promise.all([this.send(month.lateBatches), ...this.plan.tenants.map((tenant) => this.billTenant(tenant, month.endMs, false))]);
  }

  async billTenant(tenant: PlannedTenant, untilMs: number, all: boolean): Promise<void> {
    const { tenantId } = tenant;
    await this.client.wait(this.chance.below(3_000));
    for (const entity of tenant.entities) {
      const cause = `bill-${entity.id}-${untilMs}-${all}`;
      const order = { tenantId, cause, billingEntityId: entity.id ?? '', until: toRfc3339(untilMs), now: toRfc3339(this.platform.world.clock.now()), all };
      const started = await this.client.ask(invoicing.startBillRun, order);
      this.witness.billRuns.push({ tenantId, id: started.id });
      await this.waitForBillRun(tenantId, started.id);
    }
    await this.settleUp(tenant);
  }

  /** In a calm world every bill run ends, also those that nobody looked at any more. */
  async seeBillRunsDone(): Promise<void> {
    for (const { tenantId, id } of this.witness.billRuns) {
      await this.waitForBillRun(tenantId, id);
      const run = await this.client.ask(invoicing.getBillRun, { tenantId, id });
      if (run.status !== 'done') throw new Violation('G13', `bill run ${id} is ${run.status} ${longestBillRunMs / 1000} s after the last fault`);
    }
  }

  private async waitForBillRun(tenantId: string, id: string): Promise<void> {
    for (let waited = 0; waited < longestBillRunMs; waited += pollMs) {
      const run = await this.client.ask(invoicing.getBillRun, { tenantId, id });
      if (run.status === 'done') return;
      await this.client.wait(pollMs);
    }
  }

  /** Looks at the invoices, pays some of them, and has some of them credited. */
  private async settleUp({ tenantId }: PlannedTenant): Promise<void> {
    const page = await this.client.ask(invoicing.listInvoices, { tenantId, limit: 100 });
    for (const { id } of page.items) {
      const invoice = await this.client.ask(invoicing.getInvoice, { tenantId, id });
      const key = `${tenantId}/${id}`;
      if (this.witness.invoices.has(key)) continue;
      this.witness.invoices.set(key, { tenantId, invoice });
      if (invoice.kind !== 'invoice') continue;
      if (this.chance.hits(0.7)) await this.pay(tenantId, invoice);
      if (this.chance.hits(0.2)) await this.credit(tenantId, invoice);
    }
  }

  private async pay(tenantId: string, invoice: invoicingV1.Invoice): Promise<void> {
    const amount = this.chance.pick([invoice.total, invoice.total, '1.00', '1000.00']);
    if (!/[1-9]/.test(amount) || amount.startsWith('-')) return;
    const reference = this.chance.hits(0.85) ? invoice.reference : '99999';
    const cause = `pay-${invoice.id}`;
    const payment = { amount, currency: invoice.currency, reference, receivedAt: toRfc3339(this.platform.world.clock.now()), bankIdentity: this.chance.hits(0.5) ? `bank-${invoice.id}` : '' };
    const made = await this.client.ask(receivables.addPayment, { tenantId, cause, payment });
    this.witness.payments.push({ tenantId, payment: made });
    if (this.chance.hits(0.2)) await this.client.ask(receivables.addPayment, { tenantId, cause, payment });
  }

  private async credit(tenantId: string, invoice: invoicingV1.Invoice): Promise<void> {
    const now = toRfc3339(this.platform.world.clock.now());
    try {
      await this.client.try(invoicing.createCreditNote, { tenantId, cause: `credit-${invoice.id}`, invoiceId: invoice.id, reason: 'Goodwill', now });
    } catch (error) {
      // An invoice of nothing has nothing to take back; any other refusal would be wrong.
      if (!(error instanceof Problem) || /[1-9]/.test(invoice.total)) throw error;
    }
  }
}

function toCloudEvent(event: PlannedEvent): unknown {
  const { id, source, device, meter, time, quantity, key, isBroken } = event;
  const data = { meter, ...(meter === 'sessions' ? {} : { quantity }), ...(key ? { key } : {}) };
  return { specversion: '1.0', type: 'tollkeeper.usage.v1', id, source, subject: device, time: toRfc3339(time), ...(isBroken ? {} : { data }) };
}
