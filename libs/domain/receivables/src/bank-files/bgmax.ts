import { Decimal } from '@tollkeeper/money';
import {
  amountOf,
  bgMaxLines,
  type BgMaxLine,
  dateOf,
  digitsOf,
  paymentRecord,
  type PaymentRecord,
  positions,
} from './bgmax-records.js';
import {
  type BankFile,
  bankFileProblem,
  type FurtherReference,
  type IncomingPayment,
  type SkippedEntry,
} from './incoming-payment.js';

/** A payment or deduction with the records that describe it. */
interface Draft {
  readonly line: BgMaxLine;
  readonly record: PaymentRecord;
  readonly further: FurtherReference[];
  readonly texts: string[];
  name?: string;
  registrationNumber?: string;
}

/** The payments between an opening record (05) and its deposit record (15). */
interface Section {
  readonly opening: BgMaxLine;
  readonly account: string;
  readonly currency: string;
  readonly drafts: Draft[];
}

interface Reading {
  section?: Section;
  readonly payments: IncomingPayment[];
  readonly skipped: SkippedEntry[];
  readonly counts: { payments: number; deductions: number; references: number; deposits: number };
  readonly identities: Map<string, number>;
  ended: boolean;
}

/**
 * Reads a BgMax file of Bankgirot (incoming payments): payments with their references, messages and payers, deductions as
 * reversals. Sums of deposits and the counts of the end record are checked.
 * Source: Bankgirot, “Bankgiro Inbetalningar, Teknisk manual”, November 2019.
 * @throws Problem naming the line.
 */
export function readBgMax(bytes: Uint8Array): BankFile {
  const lines = bgMaxLines(bytes);
  const [first] = lines;
  if (!first) throw bankFileProblem('empty', '', 'The file is empty; fetch it from the bank again.');
  if (first.code !== '01' || positions(first, 3, 22) !== 'BGMAX') {
    throw bankFileProblem(
      'unknown_format',
      `line ${first.number}`,
      'A BgMax file begins with 01BGMAX; this one does not. Choose the BgMax layout at the bank.',
    );
  }
  const reading: Reading = {
    payments: [],
    skipped: [],
    counts: { payments: 0, deductions: 0, references: 0, deposits: 0 },
    identities: new Map(),
    ended: false,
  };
  for (const line of lines.slice(1)) take(reading, line);
  if (!reading.ended) {
    throw bankFileProblem(
      'cut',
      `line ${lines.at(-1)?.number ?? 1}`,
      'The file ends without its end record (70); it was cut off. Fetch it from the bank again.',
    );
  }
  return { format: 'bgmax', payments: reading.payments, skipped: reading.skipped };
}

function take(reading: Reading, line: BgMaxLine): void {
  if (reading.ended) throw bankFileProblem('malformed', `line ${line.number}`, 'There are records after the end record (70).');
  switch (line.code) {
    case '05':
      return open(reading, line);
    case '20':
    case '21':
      reading.counts[line.code === '20' ? 'payments' : 'deductions']++;
      inSection(reading, line).drafts.push({ line, record: paymentRecord(line), further: [], texts: [] });
      return;
    case '22':
    case '23':
      reading.counts.references++;
      draftOf(reading, line).further.push(furtherReference(line));
      return;
    case '25':
    case '26':
    case '27':
    case '28':
    case '29':
      return describe(draftOf(reading, line), line);
    case '15':
      return close(reading, line);
    case '70':
      return end(reading, line);
    default:
      throw bankFileProblem('malformed', `line ${line.number}`, `BgMax has no transaction code ${line.code}.`);
  }
}

function open(reading: Reading, line: BgMaxLine): void {
  if (reading.section) throw cutSection(line, reading.section);
  const currency = positions(line, 23, 25);
  if (!/^[A-Z]{3}$/.test(currency))
    throw bankFileProblem('malformed', `line ${line.number}`, `The currency in positions 23–25 is “${currency}”.`);
  reading.section = { opening: line, account: digitsOf(line, 3, 12, 'bankgiro number').replace(/^0+/, ''), currency, drafts: [] };
}

function inSection(reading: Reading, line: BgMaxLine): Section {
  if (!reading.section)
    throw bankFileProblem(
      'malformed',
      `line ${line.number}`,
      `Record ${line.code} stands outside a section; an opening record (05) is missing.`,
    );
  return reading.section;
}

function draftOf(reading: Reading, line: BgMaxLine): Draft {
  const draft = inSection(reading, line).drafts.at(-1);
  if (!draft)
    throw bankFileProblem(
      'malformed',
      `line ${line.number}`,
      `Record ${line.code} belongs to a payment (20 or 21), but there is none before it.`,
    );
  return draft;
}

function furtherReference(line: BgMaxLine): FurtherReference {
  const { reference, amount } = paymentRecord(line);
  if (amount.isZero()) return { reference };
  return { reference, amount: (line.code === '23' ? amount.negated() : amount).toString() };
}

function describe(draft: Draft, line: BgMaxLine): void {
  if (line.code === '25') draft.texts.push(positions(line, 3, 52));
  if (line.code === '26') draft.name = [positions(line, 3, 37), positions(line, 38, 72)].filter((part) => part !== '').join(' ');
  if (line.code === '29') draft.registrationNumber = positions(line, 3, 14).replace(/^00/, '');
}

/** The deposit record gives the section its day and serial number, and must equal its sum and count. */
function close(reading: Reading, line: BgMaxLine): void {
  const section = inSection(reading, line);
  const bookedOn = dateOf(line, 38);
  const serial = digitsOf(line, 46, 50, 'serial number of the deposit');
  const deposited = amountOf(line, 51, 68);
  const sum = section.drafts.reduce(
    (total, { line: { code }, record }) => (code === '20' ? total.plus(record.amount) : total.minus(record.amount)),
    Decimal.zero,
  );
  if (!sum.equals(deposited)) {
    throw bankFileProblem(
      'totals',
      `line ${line.number}`,
      `The deposit is ${deposited.toString()}, but its payments add up to ${sum.toString()}.`,
    );
  }
  assertCount(line, 72, 79, section.drafts.length, 'payments and deductions');
  const deposit = `${section.account}:${bookedOn}:${serial}`;
  for (const draft of section.drafts) deliver(reading, draft, section, deposit, bookedOn);
  reading.counts.deposits++;
  reading.section = undefined;
}

function deliver(reading: Reading, draft: Draft, section: Section, deposit: string, bookedOn: string): void {
  const { line, record } = draft;
  const at = `line ${line.number}`;
  if (record.amount.isZero()) {
    reading.skipped.push({ at, reason: 'zero' });
    return;
  }
  const severalReferences = record.referenceCode === '3' && draft.further.length > 0;
  const reference = severalReferences || record.reference === '' ? undefined : record.reference;
  const text = [severalReferences ? record.reference : '', ...draft.texts].filter((part) => part !== '').join(' ');
  const { name, registrationNumber } = draft;
  reading.payments.push({
    kind: line.code === '20' ? 'payment' : 'reversal',
    identity: identityOf(reading, `bgmax:${deposit}:${record.serial}`),
    amount: record.amount.toString(),
    currency: section.currency,
    bookedOn,
    account: section.account,
    reference,
    furtherReferences: draft.further,
    text: text === '' ? undefined : text,
    payer:
      name || record.senderBankgiro || registrationNumber
        ? { name, bankgiro: record.senderBankgiro, registrationNumber }
        : undefined,
    at,
  });
}

/** Payments of one sender can share a serial number within a deposit: then their order in it tells them apart. */
function identityOf(reading: Reading, key: string): string {
  const seen = reading.identities.get(key) ?? 0;
  reading.identities.set(key, seen + 1);
  return seen === 0 ? key : `${key}:${seen + 1}`;
}

function end(reading: Reading, line: BgMaxLine): void {
  if (reading.section) throw cutSection(line, reading.section);
  const { payments, deductions, references, deposits } = reading.counts;
  assertCount(line, 3, 10, payments, 'payments (20)');
  assertCount(line, 11, 18, deductions, 'deductions (21)');
  assertCount(line, 19, 26, references, 'extra references (22, 23)');
  assertCount(line, 27, 34, deposits, 'deposits (15)');
  reading.ended = true;
}

function assertCount(line: BgMaxLine, from: number, to: number, found: number, what: string): void {
  const said = Number(digitsOf(line, from, to, `number of ${what}`));
  if (said !== found)
    throw bankFileProblem(
      'totals',
      `line ${line.number}`,
      `The record counts ${said} ${what}, but the file holds ${found}. Fetch it from the bank again.`,
    );
}

function cutSection(line: BgMaxLine, section: Section): ReturnType<typeof bankFileProblem> {
  return bankFileProblem(
    'cut',
    `line ${line.number}`,
    `The section that opens in line ${section.opening.number} has no deposit record (15).`,
  );
}
