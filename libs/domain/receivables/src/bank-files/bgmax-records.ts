import { Decimal } from '@tollkeeper/money';
import { bankFileProblem } from './incoming-payment.js';

/** One record: its transaction code and its 80 positions, filled up with spaces. */
export interface BgMaxLine {
  readonly code: string;
  readonly text: string;
  readonly number: number;
}

/** A payment (20), deduction (21) or extra reference (22 positive, 23 negative), which share one layout. */
export interface PaymentRecord {
  readonly senderBankgiro?: string;
  readonly reference: string;
  /** In kronor; 0 on extra references whose part is not known. */
  readonly amount: Decimal;
  /** 2: OCR reference checked; 3: several references, which follow; others: as the payer wrote it, or none. */
  readonly referenceCode: string;
  /** Serial number at Bankgirot; parts of one payment share it, and so may payments of one sender. */
  readonly serial: string;
}

const recordLength = 80;
const tabStop = 8;
const byteOrderMarks = ['\u00EF\u00BB\u00BF', '\u00FE\u00FF', '\u00FF\u00FE'];

/**
 * The records of a BgMax file, which is ISO 8859-1 with one record a line. Spaces at a line's end may be missing, and tabs
 * (some programs write them for spaces) count to the next multiple of eight.
 */
export function bgMaxLines(bytes: Uint8Array): readonly BgMaxLine[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (byteOrderMarks.some((mark) => text.startsWith(mark)) || text.slice(0, 4).includes('\0')) {
    throw bankFileProblem(
      'encoding',
      'line 1',
      'The file was stored as Unicode; BgMax is ISO 8859-1. Fetch it from the bank again without converting it.',
    );
  }
  const lines: BgMaxLine[] = [];
  text.split(/\r\n|\n|\r/).forEach((raw, i) => {
    if (raw.trim() === '' || raw === '\u001A') return;
    assertLatin1(raw, i + 1);
    const record = expandTabs(raw).padEnd(recordLength);
    if (record.trimEnd().length > recordLength)
      throw bankFileProblem(
        'malformed',
        `line ${i + 1}`,
        `The record has ${record.trimEnd().length} positions; there are ${recordLength}.`,
      );
    if (!/^\d\d/.test(record))
      throw bankFileProblem('malformed', `line ${i + 1}`, 'A record begins with its transaction code of two digits.');
    lines.push({ code: record.slice(0, 2), text: record, number: i + 1 });
  });
  return lines;
}

/** Swedish letters that became two characters are UTF-8 read as ISO 8859-1: positions would be off. */
function assertLatin1(raw: string, line: number): void {
  if (/\u00C3[\u0080-\u00BF]/.test(raw)) {
    throw bankFileProblem(
      'encoding',
      `line ${line}`,
      'The line is UTF-8; BgMax is ISO 8859-1. Fetch the file from the bank again without converting it.',
    );
  }
}

function expandTabs(raw: string): string {
  if (!raw.includes('\t')) return raw;
  let out = '';
  for (const char of raw) out += char === '\t' ? ' '.repeat(tabStop - (out.length % tabStop)) : char;
  return out;
}

/** Positions count from 1, as in Bankgirot's manual. */
export function positions(line: BgMaxLine, from: number, to: number): string {
  return line.text.slice(from - 1, to).trim();
}

export function digitsOf(line: BgMaxLine, from: number, to: number, what: string): string {
  const digits = positions(line, from, to);
  if (!/^\d+$/.test(digits)) {
    throw bankFileProblem(
      'malformed',
      `line ${line.number}`,
      `The ${what} in positions ${from}–${to} is “${digits}”; it must be digits.`,
    );
  }
  return digits;
}

/** An amount in öre (or cent), as kronor (or euro). */
export function amountOf(line: BgMaxLine, from: number, to: number): Decimal {
  return Decimal.fromUnits(BigInt(digitsOf(line, from, to, 'amount')), 2);
}

export function dateOf(line: BgMaxLine, from: number): string {
  const digits = digitsOf(line, from, from + 7, 'date');
  const date = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  if (Number.isNaN(Date.parse(date)))
    throw bankFileProblem(
      'malformed',
      `line ${line.number}`,
      `The date in positions ${from}–${from + 7} is “${digits}”; there is no such day.`,
    );
  return date;
}

export function paymentRecord(line: BgMaxLine): PaymentRecord {
  const sender = positions(line, 3, 12).replace(/^0+/, '');
  return {
    senderBankgiro: sender === '' ? undefined : sender,
    reference: positions(line, 13, 37),
    amount: amountOf(line, 38, 55),
    referenceCode: positions(line, 56, 56),
    serial: positions(line, 58, 69),
  };
}
