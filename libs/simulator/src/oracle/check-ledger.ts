import type { Witness } from '../workload/witness.js';
import { exact, show, sum } from './exact.js';
import type { SeenTenant } from './read-all.js';
import { expectThat } from './violation.js';

/** G5, and that each document and each payment is in the books once. */
export function checkLedger(seen: SeenTenant, witness: Witness): void {
  for (const { customerId, account, lines } of seen.customers) {
    for (const { n, kind, postings } of lines) {
      const total = sum(postings.map(({ amount }) => exact(amount)));
      expectThat(total === 0n, 'G5', () => `${customerId} entry ${n} (${kind}) sums to ${show(total)}: ${JSON.stringify(postings)}`);
    }
    const owed = ['receivable', 'credit'];
    const receivable = sum(lines.flatMap(({ postings }) => postings.filter((one) => owed.includes(one.account)).map(({ amount }) => exact(amount))));
    expectThat(receivable === exact(account.balance), 'G6', () => `${customerId}: balance ${account.balance} ≠ ${show(receivable)}, the sum of its postings`);
  }
  const lines = seen.customers.flatMap((customer) => customer.lines);
  for (const { id, number, kind, total } of seen.invoices) {
    const booked = lines.filter((line) => (kind === 'invoice' ? line.kind === 'invoiced' && line.invoiceId === id : line.kind === 'credited' && line.text.endsWith(number)));
    expectThat(booked.length === 1, booked.length === 0 ? 'G1' : 'G2', () => `${number} is booked ${booked.length} times in its customer's account`);
    expectThat(booked[0] !== undefined && exact(booked[0].amount) === exact(total), 'G5', () => `${number} over ${total} is booked as ${booked[0]?.amount}`);
  }
  checkPayments(seen, witness, lines);
}

function checkPayments(seen: SeenTenant, witness: Witness, lines: SeenTenant['customers'][number]['lines']): void {
  const made = witness.payments.filter(({ tenantId }) => tenantId === seen.tenant.tenantId);
  expectThat(seen.payments.length === made.length, 'G2', () => `${made.length} payments were made, ${seen.payments.length} are in the books`);
  for (const { payment } of made) {
    const kept = seen.payments.find(({ id }) => id === payment.id);
    expectThat(kept !== undefined && exact(kept.amount) === exact(payment.amount), 'G1', () => `payment ${payment.id} over ${payment.amount} is ${kept ? `kept as ${kept.amount}` : 'gone'}`);
    const booked = lines.filter((line) => line.kind === 'paid' && line.paymentId === payment.id);
    const isMatched = kept.status !== 'unmatched';
    expectThat(booked.length === (isMatched ? 1 : 0), 'G2', () => `payment ${payment.id} (${kept.status}) is booked ${booked.length} times`);
  }
}
