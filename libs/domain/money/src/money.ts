import { minorUnitDigits } from './currency.js';
import { Decimal, parseDecimal, type RoundingMode } from './decimal.js';

/** An exact amount; it has more digits than the currency's minor unit until something rounds it. */
export interface Money {
  readonly amount: Decimal;
  /** ISO 4217 code. */
  readonly currency: string;
}

/** Money as it is on every wire. */
export interface MoneyText {
  readonly amount: string;
  readonly currency: string;
}

/** Two currencies met where only one makes sense. It is a mistake of the caller, never of the input. */
export class CurrencyMismatchError extends Error {
  override readonly name = 'CurrencyMismatchError';

  constructor(
    readonly expected: string,
    readonly given: string,
  ) {
    super(`money in ${given} cannot be combined with money in ${expected}`);
  }
}

/** @throws DecimalSyntaxError for the amount, UnknownCurrencyError for the currency. */
export function fromMoneyText(text: MoneyText): Money {
  return money(parseDecimal(text.amount), text.currency);
}

export function toMoneyText(value: Money): MoneyText {
  return { amount: value.amount.toString(), currency: value.currency };
}

/** @throws UnknownCurrencyError */
export function money(amount: Decimal, currency: string): Money {
  minorUnitDigits(currency);
  return { amount, currency };
}

export function zeroMoney(currency: string): Money {
  return money(Decimal.zero, currency);
}

/** @throws CurrencyMismatchError */
export function addMoney(a: Money, b: Money): Money {
  return { amount: a.amount.plus(sameCurrency(a, b).amount), currency: a.currency };
}

/** @throws CurrencyMismatchError */
export function subtractMoney(a: Money, b: Money): Money {
  return { amount: a.amount.minus(sameCurrency(a, b).amount), currency: a.currency };
}

export function negateMoney(value: Money): Money {
  return { amount: value.amount.negated(), currency: value.currency };
}

/** @throws CurrencyMismatchError */
export function compareMoney(a: Money, b: Money): -1 | 0 | 1 {
  return a.amount.compare(sameCurrency(a, b).amount);
}

export function multiplyMoney(value: Money, factor: Decimal): Money {
  return { amount: value.amount.times(factor), currency: value.currency };
}

export function isZeroMoney(value: Money): boolean {
  return value.amount.isZero();
}

/** Rounds to the currency's minor unit. */
export function roundMoney(value: Money, mode: RoundingMode = 'half_up'): Money {
  return { amount: value.amount.rounded(minorUnitDigits(value.currency), mode), currency: value.currency };
}

/** The exact sum; the currency is named because there may be nothing to sum. @throws CurrencyMismatchError */
export function sumMoney(values: Iterable<Money>, currency: string): Money {
  let sum = zeroMoney(currency);
  for (const value of values) sum = addMoney(sum, value);
  return sum;
}

/**
 * Splits an amount in the proportion of the weights into parts that add up to it exactly. Parts are whole minor units
 * (or whole units of the amount's own last digit, when that is finer); what does not divide goes to the largest
 * remainders, the earlier part first.
 *
 * @throws RangeError without weights, with a negative weight, or when all are zero.
 */
export function allocateMoney(value: Money, weights: readonly Decimal[]): readonly Money[] {
  if (weights.some((weight) => weight.sign() < 0)) throw new RangeError('weights must not be negative');
  const weightScale = Math.max(0, ...weights.map((weight) => weight.fractionDigits()));
  const shares = weights.map((weight) => weight.toUnits(weightScale));
  const whole = shares.reduce((sum, share) => sum + share, 0n);
  if (whole === 0n) throw new RangeError('at least one weight must be above zero');

  const scale = Math.max(minorUnitDigits(value.currency), value.amount.fractionDigits());
  const signed = value.amount.toUnits(scale);
  const units = signed < 0n ? -signed : signed;
  const parts = shares.map((share, index) => ({ index, units: (units * share) / whole, rest: (units * share) % whole }));
  let left = units - parts.reduce((sum, part) => sum + part.units, 0n);
  for (const part of [...parts].sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))) {
    if (left === 0n) break;
    part.units += 1n;
    left -= 1n;
  }
  return parts.map((part) => ({
    amount: Decimal.fromUnits(signed < 0n ? -part.units : part.units, scale),
    currency: value.currency,
  }));
}

function sameCurrency(a: Money, b: Money): Money {
  if (a.currency !== b.currency) throw new CurrencyMismatchError(a.currency, b.currency);
  return b;
}
