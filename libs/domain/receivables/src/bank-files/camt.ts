import { type Decimal, decimalFault, parseDecimal, sumDecimals } from '@tollkeeper/money';
import { parseIban } from '@tollkeeper/tenancy';
import { readEntry } from './camt-entry.js';
import { amountIn, signed, signOf } from './camt-values.js';
import { type BankFile, bankFileProblem, type IncomingPayment, type SkippedEntry } from './incoming-payment.js';
import { all, first, parseXml, textAt, type XmlElement } from './xml-document.js';

const messages = [
  { format: 'camt.053', root: 'BkToCstmrStmt', part: 'Stmt' },
  { format: 'camt.054', root: 'BkToCstmrDbtCdtNtfctn', part: 'Ntfctn' },
] as const;

/**
 * Reads an ISO 20022 account statement (camt.053) or notification (camt.054) of any version by the parts that all have,
 * whatever namespace prefix the bank writes. Its own sums are checked: balances, entry counts, transactions of an entry.
 * @throws Problem naming the element.
 */
export function readCamt(bytes: Uint8Array): BankFile {
  const document = first(parseXml(bytes), 'Document');
  const message = messages.find(({ root }) => first(document, root));
  if (!message) {
    throw bankFileProblem(
      'unknown_format',
      'Document',
      'The XML is no account statement (camt.053) or notification (camt.054). Choose one of them at the bank.',
    );
  }
  const body = first(document, message.root);
  const payments: IncomingPayment[] = [];
  const skipped: SkippedEntry[] = [];
  const parts = all(body, message.part);
  if (parts.length === 0) throw bankFileProblem('empty', message.root, `The file holds no ${message.part}.`);
  parts.forEach((part, p) => {
    const at = `${message.part}[${p + 1}]`;
    const account = accountOf(part);
    const statement = textAt(part, 'Id') ?? textAt(body, 'GrpHdr', 'MsgId') ?? '';
    const entries = all(part, 'Ntry');
    entries.forEach((entry, i) => {
      const reading = readEntry(entry, { at: `${at}/Ntry[${i + 1}]`, account, statement, index: i + 1 });
      payments.push(...reading.payments);
      skipped.push(...reading.skipped);
    });
    checkSummary(part, entries, at);
    if (message.format === 'camt.053') checkBalances(part, entries, at);
  });
  return { format: message.format, payments: distinct(payments), skipped };
}

/** A bank may use one reference for several transactions: those after the first are counted, or they would be taken for it. */
function distinct(payments: readonly IncomingPayment[]): readonly IncomingPayment[] {
  const seen = new Map<string, number>();
  return payments.map((payment) => {
    const count = (seen.get(payment.identity) ?? 0) + 1;
    seen.set(payment.identity, count);
    return count === 1 ? payment : { ...payment, identity: `${payment.identity}:${count}` };
  });
}

function accountOf(part: XmlElement): string | undefined {
  const iban = textAt(part, 'Acct', 'Id', 'IBAN');
  return iban === undefined ? textAt(part, 'Acct', 'Id', 'Othr', 'Id') : (parseIban(iban) ?? iban);
}

/** `TxsSummry`: the number and sum of all entries, and of credits and debits apart. */
function checkSummary(part: XmlElement, entries: readonly XmlElement[], at: string): void {
  const amounts = entries.map((entry, i) =>
    signed(amountIn(first(entry, 'Amt'), `${at}/Ntry[${i + 1}]/Amt`).amount, signOf(entry, `${at}/Ntry[${i + 1}]`)),
  );
  const sides: readonly (readonly [string, readonly Decimal[]])[] = [
    ['TtlNtries', amounts],
    ['TtlCdtNtries', amounts.filter((amount) => amount.sign() > 0)],
    ['TtlDbtNtries', amounts.filter((amount) => amount.sign() < 0)],
  ];
  for (const [name, side] of sides) {
    const total = first(part, 'TxsSummry', name);
    const place = `${at}/TxsSummry/${name}`;
    const count = textAt(total, 'NbOfNtries');
    if (count !== undefined && Number(count) !== side.length) {
      throw bankFileProblem(
        'totals',
        `${place}/NbOfNtries`,
        `It counts ${count} entries, but there are ${side.length}. Fetch the file from the bank again.`,
      );
    }
    const sum = sumDecimals(side.map((amount) => amount.absolute()));
    checkTotal(textAt(total, 'Sum'), sum, `${place}/Sum`);
  }
}

function checkTotal(text: string | undefined, sum: Decimal, at: string): void {
  if (text === undefined) return;
  const compact = text.replace(/^0+(?=\d)/, '');
  if (decimalFault(compact) !== undefined) throw bankFileProblem('malformed', at, `The sum is “${text}”; it must be a decimal.`);
  if (!parseDecimal(compact).equals(sum))
    throw bankFileProblem('totals', at, `It says ${text}, but the entries add up to ${sum.toString()}.`);
}

/** Opening booked balance + booked entries = closing booked balance, where the statement has both in the currency of the entries. */
function checkBalances(part: XmlElement, entries: readonly XmlElement[], at: string): void {
  const opening = balance(part, ['OPBD', 'PRCD'], at);
  const closing = balance(part, ['CLBD'], at);
  if (!opening || !closing) return;
  const booked = entries.filter((entry) => (textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts') ?? 'BOOK') === 'BOOK');
  const change = sumDecimals(booked.map((entry) => signed(amountIn(first(entry, 'Amt'), at).amount, signOf(entry, at))));
  const expected = opening.plus(change);
  if (!expected.equals(closing)) {
    throw bankFileProblem(
      'totals',
      `${at}/Bal`,
      `The closing balance is ${closing.toString()}, but the opening balance and the entries make ${expected.toString()}.`,
    );
  }
}

function balance(part: XmlElement, codes: readonly string[], at: string): Decimal | undefined {
  for (const code of codes) {
    const found = all(part, 'Bal').find((one) => textAt(one, 'Tp', 'CdOrPrtry', 'Cd') === code);
    if (found) return signed(amountIn(first(found, 'Amt'), `${at}/Bal/Amt`).amount, signOf(found, `${at}/Bal`));
  }
  return undefined;
}
