import { toJsonString } from '@bufbuild/protobuf';
import { invoicingV1 } from '@tollkeeper/contracts';
import type { Witness } from '../workload/witness.js';
import { exact, show, sum, times, toCents } from './exact.js';
import type { SeenTenant } from './read-all.js';
import { expectThat } from './violation.js';

/** G7, G8, G11, and that what accounts closed is invoiced once. */
export function checkInvoices(seen: SeenTenant, witness: Witness): void {
  for (const invoice of seen.invoices) checkSums(seen, invoice);
  checkNumbers(seen);
  checkClosedOnce(seen);
  checkUnchanged(seen, witness);
}

function checkSums({ tenant }: SeenTenant, invoice: invoicingV1.Invoice): void {
  const { number, lines, vat } = invoice;
  const net = sum(lines.map((line) => exact(line.net)));
  expectThat(net === exact(invoice.net), 'G7', () => `${number}: net ${invoice.net} ≠ ${show(net)}, the sum of its lines`);
  for (const line of lines) {
    const isRounded = invoice.kind !== 'invoice' || toCents(exact(line.exact)) === exact(line.net);
    expectThat(isRounded, 'G7', () => `${number} line ${line.number}: ${line.exact} became ${line.net}`);
  }
  const tax = sum(vat.map((total) => exact(total.vat)));
  expectThat(tax === exact(invoice.tax), 'G7', () => `${number}: tax ${invoice.tax} ≠ ${show(tax)}, the sum of its rates`);
  for (const total of vat) {
    const isOwnRate = exact(total.rate) === exact(tenant.vatRate);
    expectThat(isOwnRate, 'G7', () => `${number}: rate ${total.rate} where ${tenant.vatRate} is due`);
    const due = toCents(times(exact(total.net), exact(total.rate)) / 100n);
    expectThat(due === exact(total.vat), 'G7', () => `${number}: ${total.rate} % of ${total.net} is ${show(due)}, not ${total.vat}`);
  }
  const total = net + tax + exact(invoice.rounding);
  expectThat(total === exact(invoice.total), 'G7', () => `${number}: total ${invoice.total} ≠ net + tax + rounding = ${show(total)}`);
}

function checkNumbers({ invoices }: SeenTenant): void {
  const series = Map.groupBy(invoices, ({ chain }) => chain);
  for (const [chain, documents] of series) {
    const places = documents.map(({ n }) => n).sort((a, b) => a - b);
    expectThat(places.every((n, i) => n === i + 1), 'G8', () => `${chain} has documents ${places.join(', ')}`);
    for (const { number, n } of documents) {
      const printed = Number(number.slice(number.lastIndexOf('-') + 1));
      expectThat(printed === n, 'G8', () => `document ${n} of ${chain} is numbered ${number}`);
    }
  }
  const numbers = new Set(invoices.map(({ number }) => number));
  expectThat(numbers.size === invoices.length, 'G8', () => `${invoices.length} documents share ${numbers.size} numbers`);
}

/** Every close of an account is on one invoice, for what it closed. */
function checkClosedOnce({ tenant, devices, invoices }: SeenTenant): void {
  const invoiced = new Map<string, string>();
  for (const { kind, number, closed, lines } of invoices) {
    if (kind !== 'invoice') continue;
    for (const { device, n } of closed) {
      const earlier = invoiced.get(`${device}#${n}`);
      expectThat(earlier === undefined, 'G2', () => `the close ${device}#${n} is on ${earlier} and on ${number}`);
      invoiced.set(`${device}#${n}`, number);
    }
    const closes = closed.map(({ device, n }) => devices.find((one) => one.device === device)?.entries[n - 1]);
    const held = sum(closes.flatMap((entry) => (entry?.charges ?? []).map(({ amount }) => exact(amount))));
    const shown = sum(lines.map((line) => exact(line.exact)));
    expectThat(held === shown, 'G7', () => `${number} shows ${show(shown)} of accounts that closed ${show(held)}`);
  }
  for (const { device, entries } of devices) {
    for (const { kind, n, charges } of entries) {
      const isDue = kind === 'closed' && charges.length > 0;
      expectThat(!isDue || invoiced.has(`${device}#${n}`), 'G1', () => `the close ${tenant.tenantId}/${device}#${n} is on no invoice`);
    }
  }
}

/** Invoices look as they did when somebody first saw them. */
function checkUnchanged({ tenant, invoices }: SeenTenant, witness: Witness): void {
  const now = new Map(invoices.map((invoice) => [invoice.id, invoice]));
  for (const { tenantId, invoice } of witness.invoices.values()) {
    if (tenantId !== tenant.tenantId) continue;
    const later = now.get(invoice.id);
    expectThat(later !== undefined, 'G7', () => `${invoice.number} is gone`);
    const [before, after] = [invoice, later].map((one) => toJsonString(invoicingV1.InvoiceSchema, one));
    expectThat(before === after, 'G11', () => `${invoice.number} was ${before} and is ${after}`);
  }
}
