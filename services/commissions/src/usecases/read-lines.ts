import { create } from '@bufbuild/protobuf';
import { commissionsV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import type { EarnedBody } from './share-revenue.js';

const entriesPage = 500;

/** The movements of a month among entries `from`..`to` of a partner's account. */
export async function linesBetween(
  chains: ChainStore,
  chain: string,
  from: number,
  to: number,
  month: string,
): Promise<readonly commissionsV1.CommissionLine[]> {
  const lines: commissionsV1.CommissionLine[] = [];
  for (let n = from; n <= to; n += entriesPage) {
    for (const entry of await chains.read(chain, n, Math.min(to, n + entriesPage - 1), entriesPage)) {
      lines.push(...linesOf(entry).filter(({ month: booked }) => booked === month).map(({ line }) => line));
    }
  }
  return lines;
}

/** The movements that an entry books, each with the month that it counts in; none for a statement. */
export function linesOf(entry: Entry): readonly { readonly month: string; readonly line: commissionsV1.CommissionLine }[] {
  if (entry.kind !== 'commission_booked') return [];
  const body = fromCanonicalBytes<EarnedBody>(entry.body);
  return body.moved.map((moved) => ({
    month: body.month,
    line: create(commissionsV1.CommissionLineSchema, {
      date: body.date,
      kind: moved.amount.startsWith('-') ? 'clawed_back' : 'earned',
      invoiceId: body.invoiceId,
      invoiceNumber: body.invoiceNumber,
      invoiceLine: moved.invoiceLine,
      device: moved.device,
      meter: moved.meter,
      base: moved.base,
      percentage: moved.percentage,
      amount: moved.amount,
      paymentId: body.paymentId,
      n: entry.n,
    }),
  }));
}
