import type { MessageInitShape } from '@bufbuild/protobuf';
import type { receivablesV1 } from '@tollkeeper/contracts';
import { derivedId, type Instant } from '@tollkeeper/kernel';
import { parseDecimal, sumDecimals } from '@tollkeeper/money';
import { type BankFile, type IncomingPayment, readBankFile } from '@tollkeeper/receivables';
import type { IncomingMoney, Payments } from './receive-payment.js';

export interface ImportedPayments {
  /** Ids of the payments that this import brought, in the order of the file. */
  readonly ids: readonly string[];
  readonly sums: {
    readonly format: string;
    readonly payments: number;
    /** Already known from an earlier file, or twice in this one. */
    readonly repeated: number;
    readonly skipped: number;
    readonly total: string;
    readonly currency: string;
  };
  readonly reversals: readonly MessageInitShape<typeof receivablesV1.ReversalEntrySchema>[];
}

/**
 * Reads a bank's file whole before anything is booked, so that a cut or damaged one changes nothing. Each payment has the
 * bank's identity: the same file, or the same payment in another file, is booked once. A reversal is not booked by
 * itself; it is listed, for a person to look at.
 * @throws Problem naming the line or element of the file that is wrong.
 */
export async function importPayments(payments: Payments, request: receivablesV1.ImportPaymentsRequest, now: Instant): Promise<ImportedPayments> {
  const { tenantId } = request;
  const file = readBankFile(request.content);
  const incoming = file.payments.filter(({ kind }) => kind === 'payment');
  const ids: string[] = [];
  for (const payment of incoming) {
    const money = toMoney(tenantId, payment, file);
    const received = await payments.receive(tenantId, money, now);
    if (received.fresh) ids.push(money.id);
    if (received.fresh || received.same) continue;
    // A bank that uses an identity again for other money means another payment: none is lost.
    const other = { ...money, ...identified(tenantId, `${money.bankIdentity} ${payment.bookedOn} ${money.amount} ${money.currency}`) };
    if ((await payments.receive(tenantId, other, now)).fresh) ids.push(other.id);
  }
  const currencies = new Set(incoming.map(({ currency }) => currency));
  return {
    ids,
    sums: {
      format: file.format,
      payments: incoming.length,
      repeated: incoming.length - ids.length,
      skipped: file.skipped.length,
      total: currencies.size === 1 ? sumDecimals(incoming.map(({ amount }) => parseDecimal(amount))).toString() : '',
      currency: currencies.size === 1 ? ([...currencies][0] ?? '') : '',
    },
    reversals: file.payments.filter(({ kind }) => kind === 'reversal').map(toReversal),
  };
}

function toReversal({ at, amount, currency, bookedOn, reference, text, payer }: IncomingPayment) {
  return { at, amount, currency, bookedOn, reference, text, payer: payer?.name };
}

function identified(tenantId: string, bankIdentity: string): Pick<IncomingMoney, 'id' | 'bankIdentity'> {
  return { id: derivedId('payment', tenantId, `bank:${bankIdentity}`), bankIdentity };
}

function toMoney(tenantId: string, payment: IncomingPayment, file: BankFile): IncomingMoney {
  // One family of formats has one identity, so that camt.053 and camt.054 of the same account do not book twice.
  const bankIdentity = `${file.format.startsWith('camt') ? 'camt' : file.format} ${payment.identity}`;
  return {
    ...identified(tenantId, bankIdentity),
    amount: payment.amount,
    currency: payment.currency,
    reference: payment.reference ?? '',
    furtherReferences: payment.furtherReferences.map(({ reference }) => reference),
    text: payment.text ?? '',
    payer: payment.payer?.name ?? '',
    receivedAt: `${payment.bookedOn}T00:00:00.000Z`,
    source: file.format,
    account: payment.account ?? '',
    customerId: '',
  };
}
