/** How many digits a reader accepts on either side of the point. */
export interface DecimalLimits {
  readonly maxIntegerDigits: number;
  readonly maxFractionDigits: number;
}

/** What every amount and quantity fits into unless a reader says otherwise. */
export const defaultDecimalLimits: DecimalLimits = { maxIntegerDigits: 34, maxFractionDigits: 34 };

export type DecimalFault =
  | 'empty'
  | 'exponent'
  | 'plus_sign'
  | 'leading_zero'
  | 'not_decimal'
  | 'too_many_integer_digits'
  | 'too_many_fraction_digits';

/** Thrown by `parseDecimal`: the text is not a decimal in the strict form, and `kind` says in which way. */
export class DecimalSyntaxError extends Error {
  override readonly name = 'DecimalSyntaxError';

  constructor(
    readonly kind: DecimalFault,
    readonly text: string,
    limits: DecimalLimits = defaultDecimalLimits,
  ) {
    super(describeDecimalFault(kind, text, limits));
  }
}

/** One sentence for a person. Long texts are cut, because they come from outside. */
export function describeDecimalFault(kind: DecimalFault, text: string, limits: DecimalLimits = defaultDecimalLimits): string {
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  switch (kind) {
    case 'empty':
      return 'a decimal is expected, for example 12.5, but the text is empty';
    case 'exponent':
      return `${shown} has an exponent; write all digits, for example 0.000001`;
    case 'plus_sign':
      return `${shown} has a plus sign; write the number without it`;
    case 'leading_zero':
      return `${shown} has a leading zero; write the number without it`;
    case 'not_decimal':
      return `${shown} is not a decimal; digits, optionally a minus in front and a point with digits after it, for example -12.5`;
    case 'too_many_integer_digits':
      return `${shown} has more than ${limits.maxIntegerDigits} digits before the point`;
    case 'too_many_fraction_digits':
      return `${shown} has more than ${limits.maxFractionDigits} digits after the point`;
  }
}

const strictForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** What is wrong with the text as a decimal, or undefined when it is one: `-?\d+(\.\d+)?` without superfluous leading zeros. */
export function decimalFault(text: string, limits: DecimalLimits = defaultDecimalLimits): DecimalFault | undefined {
  if (text === '') return 'empty';
  if (!strictForm.test(text)) {
    if (/^\+/.test(text)) return 'plus_sign';
    if (/^[-\d.]+[eE]/.test(text)) return 'exponent';
    return /^-?0\d*(?:\.\d+)?$/.test(text) ? 'leading_zero' : 'not_decimal';
  }
  const start = text.charCodeAt(0) === minus ? 1 : 0;
  const point = text.indexOf('.');
  const integerDigits = (point < 0 ? text.length : point) - start;
  if (integerDigits > limits.maxIntegerDigits) return 'too_many_integer_digits';
  if (point >= 0 && text.length - point - 1 > limits.maxFractionDigits) return 'too_many_fraction_digits';
  return undefined;
}

const minus = 45;
const zeroDigit = 48;
const pointOffset = -2;

/** A text of at most this many digits is a safe integer times a power of ten. */
const narrowDigits = 15;

/** The result of the last `scanDecimal` that answered 'narrow': value = mantissa / 10^scale. */
export const scanned = { mantissa: 0, scale: 0 };

/**
 * Reads a decimal in one pass without allocating, for loops over events. 'narrow' leaves the value in `scanned`;
 * 'wide' is a well-formed decimal with too many digits for that; 'invalid' is everything else.
 */
export function scanDecimal(text: string): 'narrow' | 'wide' | 'invalid' {
  const length = text.length;
  const start = text.charCodeAt(0) === minus ? 1 : 0;
  let value = 0;
  let point = -1;
  for (let at = start; at < length; at++) {
    const digit = text.charCodeAt(at) - zeroDigit;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === pointOffset && point < 0 && at > start) point = at;
    else return 'invalid';
  }
  if (length === start || point === length - 1) return 'invalid';
  const integerDigits = (point < 0 ? length : point) - start;
  if (integerDigits > 1 && text.charCodeAt(start) === zeroDigit) return 'invalid';
  const scale = point < 0 ? 0 : length - 1 - point;
  if (integerDigits + scale > narrowDigits) return 'wide';
  scanned.mantissa = start === 1 && value !== 0 ? -value : value;
  scanned.scale = scale;
  return 'narrow';
}
