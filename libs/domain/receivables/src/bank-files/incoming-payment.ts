import { Problem } from '@tollkeeper/kernel';

/** A reference that a payment names beside its first, with its own part of the amount where the bank knows it. */
export interface FurtherReference {
  readonly reference: string;
  /** Negative for a credit note that the payer deducted. */
  readonly amount?: string;
}

/** Who paid, as far as the bank tells: personal data, kept out of chains. */
export interface Payer {
  readonly name?: string;
  readonly iban?: string;
  readonly bankgiro?: string;
  readonly registrationNumber?: string;
}

/** Money that came in, or (`reversal`) that the bank took back, in the same form whatever file told of it. */
export interface IncomingPayment {
  readonly kind: 'payment' | 'reversal';
  /** The same payment has the same identity in every file of its format, so that a file read twice books nothing twice. */
  readonly identity: string;
  /** Decimal string above zero. */
  readonly amount: string;
  readonly currency: string;
  /** `yyyy-mm-dd` */
  readonly bookedOn: string;
  /** The account it came to: compact IBAN, or digits of a bankgiro number. */
  readonly account?: string;
  /** Structured reference: OCR, RF, or what the payer put there. */
  readonly reference?: string;
  readonly furtherReferences: readonly FurtherReference[];
  /** The payer's message. */
  readonly text?: string;
  readonly payer?: Payer;
  /** Line number, or path of the element, that it was read from. */
  readonly at: string;
}

/** An entry that is no customer payment: outgoing, or not booked yet. */
export interface SkippedEntry {
  readonly at: string;
  readonly reason: 'outgoing' | 'not_booked' | 'reversal_of_outgoing' | 'zero';
}

export interface BankFile {
  readonly format: 'bgmax' | 'camt.053' | 'camt.054';
  readonly payments: readonly IncomingPayment[];
  readonly skipped: readonly SkippedEntry[];
}

export type BankFileFault = 'empty' | 'unknown_format' | 'encoding' | 'cut' | 'totals' | 'malformed' | 'too_large';

/**
 * A bank file that cannot be used; nothing of it is booked. `extra.fault` is a `BankFileFault`, `extra.at` the line or
 * element.
 */
export function bankFileProblem(fault: BankFileFault, at: string, detail: string): Problem {
  return new Problem(fault === 'too_large' ? 'payload_too_large' : 'unprocessable', at === '' ? detail : `${at}: ${detail}`, {
    param: 'file',
    fault,
    at,
  });
}
