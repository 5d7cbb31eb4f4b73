import { sumDecimals } from '@tollkeeper/money';
import { parseIban } from '@tollkeeper/tenancy';
import { amountIn, type CamtAmount, dayIn, signed, signOf } from './camt-values.js';
import {
  bankFileProblem,
  type FurtherReference,
  type IncomingPayment,
  type Payer,
  type SkippedEntry,
} from './incoming-payment.js';
import { all, first, textAt, type XmlElement } from './xml-document.js';

/** Where an entry stands: its path for messages, and the account of the statement. */
export interface EntryPlace {
  readonly at: string;
  readonly account?: string;
  /** Identification of the statement, the last resort for an identity. */
  readonly statement: string;
  readonly index: number;
}

export interface EntryReading {
  readonly payments: readonly IncomingPayment[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * One `Ntry` (identities in it may still repeat; the file tells them apart): a payment per transaction in it, or one for the whole entry where the bank gives no details. Only booked
 * credits count; a debit marked as reversal takes a former credit back.
 */
export function readEntry(entry: XmlElement, place: EntryPlace): EntryReading {
  const { at } = place;
  const money = amountIn(first(entry, 'Amt'), `${at}/Amt`);
  const sign = signOf(entry, at);
  const reversal = ['true', '1'].includes(textAt(entry, 'RvslInd') ?? '');
  const status = textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts') ?? 'BOOK';
  if (status !== 'BOOK') return skip(at, 'not_booked');
  if (sign === 1 && reversal) return skip(at, 'reversal_of_outgoing');
  if (sign === -1 && !reversal) return skip(at, 'outgoing');
  if (money.amount.isZero()) return skip(at, 'zero');
  checkBatches(entry, at);
  const common: Common = {
    kind: reversal ? 'reversal' : 'payment',
    bookedOn: dayIn(entry, ['BookgDt', 'ValDt'], at),
    account: place.account,
  };
  const transactions = all(entry, 'NtryDtls').flatMap((details, d) =>
    all(details, 'TxDtls').map((transaction, t) => ({ transaction, at: `${at}/NtryDtls[${d + 1}]/TxDtls[${t + 1}]` })),
  );
  const [only] = transactions;
  if (transactions.length > 1)
    return { payments: readTransactions(entry, place, common, money, sign, transactions), skipped: [] };
  const reference = transactionReference(only?.transaction) ?? entryReference(entry, place);
  const payment = {
    ...common,
    identity: identity(place, reference),
    ...inText(money),
    ...detailsOf(only?.transaction, entry),
    at: only?.at ?? at,
  };
  return { payments: [payment], skipped: [] };
}

type Common = Pick<IncomingPayment, 'kind' | 'bookedOn' | 'account'>;

interface PlacedTransaction {
  readonly transaction: XmlElement;
  readonly at: string;
}

/** A batch: each transaction by itself, when the bank says how much each is. */
function readTransactions(
  entry: XmlElement,
  place: EntryPlace,
  common: Common,
  money: CamtAmount,
  sign: 1 | -1,
  transactions: readonly PlacedTransaction[],
): readonly IncomingPayment[] {
  const parts = transactions.map((one) => ({
    ...one,
    money: transactionAmount(one.transaction, money, one.at),
    sign: signIn(one.transaction, sign, one.at),
  }));
  if (parts.some((part) => part.money === undefined)) return [wholeEntry(entry, place, common, money, transactions)];
  checkSum(parts, money, entry, place.at);
  const ofEntry = entryReference(entry, place);
  return parts.map((part): IncomingPayment => {
    const reference = transactionReference(part.transaction);
    const own =
      reference !== undefined && reference !== ofEntry
        ? reference
        : `${ofEntry}:${textAt(part.transaction, 'Refs', 'EndToEndId') ?? ''}`;
    const opposite = common.kind === 'payment' ? 'reversal' : 'payment';
    const kind = part.sign === sign ? common.kind : opposite;
    return {
      ...common,
      kind,
      identity: identity(place, own),
      ...inText(part.money ?? money),
      ...detailsOf(part.transaction, entry),
      at: part.at,
    };
  });
}

function inText({ amount, currency }: CamtAmount): Pick<IncomingPayment, 'amount' | 'currency'> {
  return { amount: amount.toString(), currency };
}

function entryReference(entry: XmlElement, place: EntryPlace): string {
  return textAt(entry, 'AcctSvcrRef') ?? `${place.statement}:${place.index}`;
}

function skip(at: string, reason: SkippedEntry['reason']): EntryReading {
  return { payments: [], skipped: [{ at, reason }] };
}

/** Transactions without amounts cannot be told apart in money: the entry stays whole and names all their references. */
function wholeEntry(
  entry: XmlElement,
  place: EntryPlace,
  common: Common,
  money: CamtAmount,
  transactions: readonly PlacedTransaction[],
): IncomingPayment {
  const details = transactions.map(({ transaction }) => detailsOf(transaction, entry));
  const references = details.flatMap(({ reference, furtherReferences }): FurtherReference[] => [
    ...(reference ? [{ reference }] : []),
    ...furtherReferences,
  ]);
  const reference = entryReference(entry, place);
  return {
    ...common,
    identity: identity(place, reference),
    ...inText(money),
    furtherReferences: references,
    payer: details[0]?.payer,
    at: place.at,
  };
}

function identity(place: EntryPlace, reference: string): string {
  return `camt:${place.account ?? ''}:${reference}`;
}

/** The bank's own reference of the transaction, else the payer's end-to-end reference with its date where it gave one. */
function transactionReference(transaction: XmlElement | undefined): string | undefined {
  return (
    textAt(transaction, 'Refs', 'AcctSvcrRef') ?? textAt(transaction, 'Refs', 'TxId') ?? textAt(transaction, 'Refs', 'InstrId')
  );
}

/** Version 4 and later have `Amt` here, version 2 only `AmtDtls`; an amount in another currency is what the payer sent, not what came. */
function transactionAmount(transaction: XmlElement, entry: CamtAmount, at: string): CamtAmount | undefined {
  const candidates: readonly (readonly string[])[] = [['Amt'], ['AmtDtls', 'TxAmt', 'Amt'], ['AmtDtls', 'InstdAmt', 'Amt']];
  for (const path of candidates) {
    const element = first(transaction, ...path);
    if (!element) continue;
    const money = amountIn(element, `${at}/${path.join('/')}`);
    if (money.currency === entry.currency) return money;
  }
  return undefined;
}

function signIn(transaction: XmlElement, entrySign: 1 | -1, at: string): 1 | -1 {
  return textAt(transaction, 'CdtDbtInd') === undefined ? entrySign : signOf(transaction, at);
}

function checkSum(
  parts: readonly { readonly money?: CamtAmount; readonly sign: 1 | -1 }[],
  entry: CamtAmount,
  element: XmlElement,
  at: string,
): void {
  const sum = sumDecimals(parts.flatMap((part) => (part.money ? [signed(part.money.amount, part.sign)] : []))).absolute();
  const netOfCharges = first(element, 'Chrgs') !== undefined;
  if (!netOfCharges && !sum.equals(entry.amount)) {
    throw bankFileProblem(
      'totals',
      at,
      `The entry is ${entry.amount.toString()}, but its transactions add up to ${sum.toString()}.`,
    );
  }
}

function checkBatches(entry: XmlElement, at: string): void {
  all(entry, 'NtryDtls').forEach((details, d) => {
    const said = textAt(details, 'Btch', 'NbOfTxs');
    const found = all(details, 'TxDtls').length;
    if (said !== undefined && found > 0 && Number(said) !== found) {
      throw bankFileProblem(
        'totals',
        `${at}/NtryDtls[${d + 1}]/Btch/NbOfTxs`,
        `It counts ${said} transactions, but there are ${found}.`,
      );
    }
  });
}

function detailsOf(
  transaction: XmlElement | undefined,
  entry: XmlElement,
): Pick<IncomingPayment, 'reference' | 'furtherReferences' | 'text' | 'payer'> {
  const remittance = all(transaction, 'RmtInf');
  const structured = remittance.flatMap((info) => all(info, 'Strd'));
  const references = structured.flatMap((one): FurtherReference[] => {
    const reference = textAt(one, 'CdtrRefInf', 'Ref') ?? textAt(one, 'CdtrRefInf', 'CdtrRef') ?? textAt(one, 'RfrdDocInf', 'Nb');
    const amount = textAt(one, 'RfrdDocAmt', 'RmtdAmt');
    return reference === undefined ? [] : [amount === undefined ? { reference } : { reference, amount }];
  });
  const words = remittance.flatMap((info) => all(info, 'Ustrd').flatMap((line) => textAt(line) ?? []));
  const notes = [...words, ...structured.flatMap((one) => all(one, 'AddtlRmtInf').flatMap((line) => textAt(line) ?? []))];
  const text = notes.length > 0 ? notes.join(' ') : (textAt(transaction, 'AddtlTxInf') ?? textAt(entry, 'AddtlNtryInf'));
  const [head, ...others] = references;
  return {
    reference: head?.reference,
    furtherReferences: others.length > 0 && head?.amount !== undefined ? references : others,
    text,
    payer: payerOf(transaction),
  };
}

/** Up to version 7 the name stands in `Dbtr`, from version 8 in `Dbtr/Pty`. */
function payerOf(transaction: XmlElement | undefined): Payer | undefined {
  const parties = first(transaction, 'RltdPties');
  const name =
    textAt(parties, 'Dbtr', 'Pty', 'Nm') ??
    textAt(parties, 'Dbtr', 'Nm') ??
    textAt(parties, 'UltmtDbtr', 'Pty', 'Nm') ??
    textAt(parties, 'UltmtDbtr', 'Nm');
  const account = textAt(parties, 'DbtrAcct', 'Id', 'IBAN');
  const iban = account === undefined ? undefined : (parseIban(account) ?? account);
  return name === undefined && iban === undefined ? undefined : { name, iban };
}
