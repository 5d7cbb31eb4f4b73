import { Problem } from '@tollkeeper/kernel';
import { hasMod10CheckDigit, mod10CheckDigit, type ReferenceKind } from '@tollkeeper/tenancy';

/** Bankgirot takes OCR references of 2 to 25 digits. */
const longestOcr = 25;

/** ISO 11649: at most 21 characters after RF and the two check digits. */
const longestRfBody = 21;

/**
 * The reference that a customer pays with, made from an invoice number. OCR takes its digits, RF its letters and digits.
 * @throws Problem `unprocessable` when the number has nothing to make one from, or too much.
 */
export function makePaymentReference(kind: ReferenceKind, invoiceNumber: string): string {
  return kind === 'ocr'
    ? makeOcrReference(invoiceNumber.replace(/\D/g, ''))
    : makeRfReference(invoiceNumber.replace(/[^0-9A-Za-z]/g, ''));
}

/**
 * A Swedish OCR reference with variable length control: `digits`, then a length digit (the whole length modulo 10), then
 * the 10-modulus check digit over all before it. Source: Bankgirot, “Bankgiro Inbetalningar, Användarmanual”, OCR
 * reference control with check digit and variable length.
 */
export function makeOcrReference(digits: string): string {
  const length = digits.length + 2;
  if (!/^\d+$/.test(digits) || length > longestOcr) {
    throw new Problem('unprocessable', `An OCR reference is made from 1 to ${longestOcr - 2} digits, not from “${digits}”.`);
  }
  const withLength = `${digits}${length % 10}`;
  return withLength + mod10CheckDigit(withLength);
}

/** Which of Bankgirot's controls to apply: the check digit alone, or also the length digit before it. */
export type OcrControl = 'check_digit' | 'check_digit_and_length';

export function isOcrReference(text: string, control: OcrControl = 'check_digit_and_length'): boolean {
  const digits = text.replace(/\s/g, '');
  if (digits.length > longestOcr || !hasMod10CheckDigit(digits)) return false;
  return control === 'check_digit' || digits.at(-2) === String(digits.length % 10);
}

/** A creditor reference of ISO 11649: RF, two check digits (ISO/IEC 7064, modulus 97-10), then `body` in capitals. */
export function makeRfReference(body: string): string {
  if (!/^[0-9A-Za-z]+$/.test(body) || body.length > longestRfBody) {
    throw new Problem(
      'unprocessable',
      `An RF reference is made from 1 to ${longestRfBody} letters and digits, not from “${body}”.`,
    );
  }
  const capitals = body.toUpperCase();
  return `RF${String(98 - mod97(`${capitals}RF00`)).padStart(2, '0')}${capitals}`;
}

export function isRfReference(text: string): boolean {
  const compact = text.replace(/\s/g, '').toUpperCase();
  return /^RF\d\d[0-9A-Z]{1,21}$/.test(compact) && mod97(compact.slice(4) + compact.slice(0, 4)) === 1;
}

/** As printed: an RF reference in groups of four, as ISO 11649 asks; an OCR reference without spaces, because banks refuse them. */
export function printPaymentReference(reference: string): string {
  return isRfReference(reference) ? (reference.match(/.{1,4}/g) ?? []).join(' ') : reference;
}

/**
 * The form in which references are compared: without spaces and hyphens, in capitals, without the leading zeros that
 * banks add (in an RF reference those after the check digits, which do not change them).
 */
export function normalisePaymentReference(text: string): string {
  const compact = text.replace(/[\s-]/g, '').toUpperCase();
  const rf = /^(RF\d\d)0*([0-9A-Z]+)$/.exec(compact);
  if (rf) return `${rf[1]}${rf[2]}`;
  return compact.replace(/^0+(?=.)/, '');
}

/** An RF reference in groups of four is at most seven words; texts of banks are short, and longer ones are not searched. */
const mostWordsOfOne = 7;
const mostWords = 200;

/**
 * Every word, and every row of words, that is a valid reference, in normal form: what a payer typed into the message
 * field. By chance one in a hundred wrong rows looks valid, so the caller takes only those that it knows.
 */
export function referencesIn(text: string): readonly string[] {
  const words = text
    .toUpperCase()
    .split(/[\s,;:#/]+/, mostWords)
    .filter((word) => /^[0-9A-Z-]+\.?$/.test(word));
  const found = new Set<string>();
  words.forEach((_, from) => {
    let row = '';
    for (const word of words.slice(from, from + mostWordsOfOne)) {
      row += word.replace(/[-.]/g, '');
      if (isRfReference(row) || (row.length > 3 && isOcrReference(row))) found.add(normalisePaymentReference(row));
    }
  });
  return [...found];
}

/** Letters count as 10 to 35 (ISO/IEC 7064); taken digit by digit, so that no number grows large. */
function mod97(text: string): number {
  let rest = 0;
  for (const digit of text.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55)))
    rest = (rest * 10 + Number(digit)) % 97;
  return rest;
}
