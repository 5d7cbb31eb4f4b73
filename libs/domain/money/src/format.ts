import { minorUnitDigits } from './currency.js';
import type { Decimal } from './decimal.js';
import type { Money } from './money.js';

/** Making a formatter costs a thousand times a formatting, and only few combinations of locale and digits occur. */
const formatters = new Map<string, Intl.NumberFormat>();
const maxFormatters = 500;

/** Intl takes at most this many digits after the point. */
const maxIntlDigits = 100;

export type CurrencyDisplay = 'symbol' | 'narrowSymbol' | 'code' | 'name';

/**
 * Money as a person of the locale (BCP 47, for example `sv-SE`) writes it. Never fewer digits than the currency has,
 * and more when the amount has more: what is shown is exact. The digits go to Intl as text and never become a number.
 */
export function formatMoney(value: Money, locale: string, display: CurrencyDisplay = 'symbol'): string {
  const minimum = minorUnitDigits(value.currency);
  const maximum = Math.min(maxIntlDigits, Math.max(minimum, value.amount.fractionDigits()));
  return formatter(locale, {
    style: 'currency',
    currency: value.currency,
    currencyDisplay: display,
    minimumFractionDigits: minimum,
    maximumFractionDigits: maximum,
  }).format(toNumeric(value.amount));
}

/** A quantity or a unit price as a person of the locale writes it, with at least `minimumFractionDigits` and all that it has. */
export function formatDecimal(value: Decimal, locale: string, minimumFractionDigits = 0): string {
  const maximum = Math.min(maxIntlDigits, Math.max(minimumFractionDigits, value.fractionDigits()));
  return formatter(locale, { minimumFractionDigits, maximumFractionDigits: maximum }).format(toNumeric(value));
}

function formatter(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale} ${Object.values(options).join(' ')}`;
  let found = formatters.get(key);
  if (!found) {
    if (formatters.size >= maxFormatters) formatters.clear();
    found = new Intl.NumberFormat(locale, options);
    formatters.set(key, found);
  }
  return found;
}

/** The strict form of a decimal is one of the texts that Intl reads as an exact number; its type only says so less tightly. */
function toNumeric(value: Decimal): Intl.StringNumericLiteral {
  return value.toString() as Intl.StringNumericLiteral;
}
