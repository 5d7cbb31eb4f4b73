import { type Decimal, decimalFault, isCurrency, parseDecimal } from '@tollkeeper/money';
import { isDate } from '@tollkeeper/tenancy';
import { bankFileProblem } from './incoming-payment.js';
import { attribute, first, textAt, type XmlElement } from './xml-document.js';

export interface CamtAmount {
  readonly amount: Decimal;
  readonly currency: string;
}

/** ISO 20022 amounts have at most 18 digits; banks write leading zeros and points without digits after them. */
export function amountIn(element: XmlElement | undefined, at: string): CamtAmount {
  const raw = textAt(element);
  const text = raw?.replace(/^0+(?=\d)/, '').replace(/\.$/, '');
  const currency = attribute(element, 'Ccy') ?? '';
  if (
    text === undefined ||
    decimalFault(text, { maxIntegerDigits: 18, maxFractionDigits: 5 }) !== undefined ||
    text.startsWith('-')
  ) {
    throw bankFileProblem('malformed', at, `The amount is “${raw ?? ''}”; it must be a decimal without sign.`);
  }
  if (!isCurrency(currency))
    throw bankFileProblem('malformed', at, `The amount has the currency “${currency}”; attribute Ccy must be an ISO 4217 code.`);
  return { amount: parseDecimal(text), currency };
}

/** 1 for CRDT, -1 for DBIT. */
export function signOf(element: XmlElement | undefined, at: string): 1 | -1 {
  const indicator = textAt(element, 'CdtDbtInd');
  if (indicator === 'CRDT') return 1;
  if (indicator === 'DBIT') return -1;
  throw bankFileProblem('malformed', `${at}/CdtDbtInd`, `It is “${indicator ?? ''}”; it must be CRDT or DBIT.`);
}

export function signed(amount: Decimal, sign: 1 | -1): Decimal {
  return sign === 1 ? amount : amount.negated();
}

/** `Dt` or the day of `DtTm`, of the first of the named elements that is there. */
export function dayIn(element: XmlElement, names: readonly string[], at: string): string {
  for (const name of names) {
    const holder = first(element, name);
    const text = textAt(holder, 'Dt') ?? textAt(holder, 'DtTm');
    if (text === undefined) continue;
    const day = text.slice(0, 10);
    if (!isDate(day)) throw bankFileProblem('malformed', `${at}/${name}`, `“${text}” is not a date.`);
    return day;
  }
  throw bankFileProblem('malformed', at, `There is no ${names.join(' or ')}.`);
}
