import { Decimal as DecimalJs } from 'decimal.js';
import { type DecimalLimits, decimalFault, defaultDecimalLimits, DecimalSyntaxError, scanDecimal, scanned } from './decimal-text.js';

/** How a value between two representable ones is settled; the half modes differ only on an exact tie. */
export type RoundingMode = 'half_up' | 'half_down' | 'half_even' | 'up' | 'down' | 'ceiling' | 'floor';

/**
 * Sums, differences and products are exact: with the digits that the readers admit, none comes near this bound, which
 * only stops a runaway computation. Quotients, the one operation that cannot be exact, have 34 digits.
 */
const Exact = DecimalJs.clone({ defaults: true, precision: 2000, rounding: DecimalJs.ROUND_HALF_UP, toExpNeg: -9e15, toExpPos: 9e15 });
const Quotient = DecimalJs.clone({ defaults: true, precision: 34, rounding: DecimalJs.ROUND_HALF_UP, toExpNeg: -9e15, toExpPos: 9e15 });

const roundings: Readonly<Record<RoundingMode, DecimalJs.Rounding>> = {
  half_up: DecimalJs.ROUND_HALF_UP,
  half_down: DecimalJs.ROUND_HALF_DOWN,
  half_even: DecimalJs.ROUND_HALF_EVEN,
  up: DecimalJs.ROUND_UP,
  down: DecimalJs.ROUND_DOWN,
  ceiling: DecimalJs.ROUND_CEIL,
  floor: DecimalJs.ROUND_FLOOR,
};

/** Powers of ten up to 10^22 are exact doubles. */
const maxNarrowScale = 22;
export const powersOfTen: readonly number[] = Array.from({ length: maxNarrowScale + 1 }, (_, exponent) => Number(`1e${exponent}`));

function pow10(exponent: number): number {
  return powersOfTen[exponent] ?? Number.NaN;
}

/**
 * An exact, immutable decimal number. Nearly all amounts and quantities fit a safe integer and a scale, and are held
 * and computed as such; whatever does not goes to decimal.js. A property test proves both paths equal. The
 * representation is canonical: equal values are structurally equal.
 */
export class Decimal {
  private constructor(
    /** value = mantissa / 10^scale, without trailing zeros, when `wide` is undefined. */
    private readonly mantissa: number,
    private readonly scale: number,
    private readonly wide: DecimalJs | undefined,
  ) {}

  static readonly zero = new Decimal(0, 0, undefined);
  static readonly one = new Decimal(1, 0, undefined);

  /** mantissa / 10^scale for a safe integer mantissa and 0 ≤ scale ≤ 22. */
  static scaled(mantissa: number, scale: number): Decimal {
    if (mantissa === 0) return Decimal.zero;
    while (scale > 0 && mantissa % 10 === 0) {
      mantissa /= 10;
      scale--;
    }
    return new Decimal(mantissa, scale, undefined);
  }

  /** units / 10^scale, of any size. */
  static fromUnits(units: bigint, scale: number): Decimal {
    if (units <= maxSafe && units >= -maxSafe && scale <= maxNarrowScale) return Decimal.scaled(Number(units), scale);
    return Decimal.fromWide(new Exact(units.toString()).times(new Exact(10).pow(-scale)));
  }

  /** @throws RangeError when the number is not a safe integer: a fraction in a `number` is already inexact. */
  static fromInteger(value: number): Decimal {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer; pass decimals as text`);
    return value === 0 ? Decimal.zero : new Decimal(value, 0, undefined);
  }

  /** @throws DecimalSyntaxError for anything but the strict form within the limits. */
  static parse(text: string, limits: DecimalLimits = defaultDecimalLimits): Decimal {
    const fault = decimalFault(text, limits);
    if (fault) throw new DecimalSyntaxError(fault, text, limits);
    if (scanDecimal(text) === 'narrow') return Decimal.scaled(scanned.mantissa, scanned.scale);
    return Decimal.fromWide(new Exact(text));
  }

  /** The same as `parse` without limits and at a third of its cost, for text that this library or a validator wrote. */
  static of(text: string): Decimal {
    if (scanDecimal(text) === 'narrow') return Decimal.scaled(scanned.mantissa, scanned.scale);
    return Decimal.parse(text, { maxIntegerDigits: 1000, maxFractionDigits: 1000 });
  }

  plus(other: Decimal): Decimal {
    if (this.wide === undefined && other.wide === undefined) {
      const scale = this.scale > other.scale ? this.scale : other.scale;
      const a = this.mantissa * pow10(scale - this.scale);
      const b = other.mantissa * pow10(scale - other.scale);
      const sum = a + b;
      if (isSafe(a) && isSafe(b) && isSafe(sum)) return Decimal.scaled(sum, scale);
    }
    return Decimal.fromWide(this.toWide().plus(other.toWide()));
  }

  minus(other: Decimal): Decimal {
    return this.plus(other.negated());
  }

  times(other: Decimal): Decimal {
    if (this.wide === undefined && other.wide === undefined) {
      const product = this.mantissa * other.mantissa;
      const scale = this.scale + other.scale;
      if (isSafe(product) && scale <= maxNarrowScale) return Decimal.scaled(product, scale);
    }
    return Decimal.fromWide(this.toWide().times(other.toWide()));
  }

  /** The quotient to 34 significant digits, half up. @throws RangeError when dividing by zero. */
  dividedBy(other: Decimal): Decimal {
    if (other.isZero()) throw new RangeError('a decimal cannot be divided by zero');
    return Decimal.fromWide(new Exact(new Quotient(this.toWide()).div(other.toWide())));
  }

  /** The least whole number of `size`s that hold this value: 0 for nothing, 1 for the smallest bit. For sizes above zero. */
  ceilQuotient(size: Decimal): Decimal {
    if (size.sign() <= 0) throw new RangeError('the size must be above zero');
    const whole = this.toWide().divToInt(size.toWide());
    const rest = this.toWide().minus(whole.times(size.toWide()));
    return Decimal.fromWide(rest.greaterThan(0) ? whole.plus(1) : whole);
  }

  negated(): Decimal {
    if (this.wide !== undefined) return Decimal.fromWide(this.wide.negated());
    return this.mantissa === 0 ? this : new Decimal(-this.mantissa, this.scale, undefined);
  }

  absolute(): Decimal {
    return this.sign() < 0 ? this.negated() : this;
  }

  /** -1, 0 or 1. */
  sign(): -1 | 0 | 1 {
    const value = this.wide === undefined ? this.mantissa : this.wide.isNegative() ? -1 : 1;
    return value === 0 ? 0 : value < 0 ? -1 : 1;
  }

  isZero(): boolean {
    return this.wide === undefined && this.mantissa === 0;
  }

  /** Below zero when this is less than the other, above when greater, 0 when equal. */
  compare(other: Decimal): -1 | 0 | 1 {
    if (this.wide === undefined && other.wide === undefined && this.scale === other.scale) {
      return this.mantissa === other.mantissa ? 0 : this.mantissa < other.mantissa ? -1 : 1;
    }
    return this.minus(other).sign();
  }

  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  /** The nearest value with at most `fractionDigits` digits after the point; half_up takes ties away from zero. */
  rounded(fractionDigits: number, mode: RoundingMode = 'half_up'): Decimal {
    if (this.fractionDigits() <= fractionDigits) return this;
    return Decimal.fromWide(this.toWide().toDecimalPlaces(fractionDigits, roundings[mode]));
  }

  /** How many digits the value needs after the point. */
  fractionDigits(): number {
    return this.wide === undefined ? this.scale : this.wide.decimalPlaces();
  }

  /** The value times 10^scale as an integer. @throws RangeError when it has more fraction digits than that. */
  toUnits(scale: number): bigint {
    if (this.fractionDigits() > scale) throw new RangeError(`${this.toString()} has more than ${scale} digits after the point`);
    return BigInt(this.toWide().times(new Exact(10).pow(scale)).toFixed());
  }

  /** Puts the value into `into` as mantissa / 10^scale with a safe mantissa. False, and nothing put, when it does not fit. */
  readScaled(into: { mantissa: number; scale: number }): boolean {
    if (this.wide !== undefined) return false;
    into.mantissa = this.mantissa;
    into.scale = this.scale;
    return true;
  }

  /** Digits without exponent, plus sign or trailing zeros: `Decimal.of(d.toString())` equals d. */
  toString(): string {
    if (this.wide !== undefined) return this.wide.toFixed();
    if (this.scale === 0) return String(this.mantissa);
    const digits = String(Math.abs(this.mantissa)).padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    return `${this.mantissa < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  }

  /** Exactly `fractionDigits` digits after the point, as printed on an invoice. Rounds half up when it must. */
  toFixed(fractionDigits: number): string {
    return this.toWide().toFixed(fractionDigits);
  }

  toJSON(): string {
    return this.toString();
  }

  private toWide(): DecimalJs {
    return this.wide ?? new Exact(this.mantissa).times(new Exact(10).pow(-this.scale));
  }

  /** Takes the narrow form whenever the value has one, which keeps the representation canonical. */
  private static fromWide(wide: DecimalJs): Decimal {
    const scale = wide.decimalPlaces();
    if (scale <= maxNarrowScale && wide.e < 16) {
      const mantissa = wide.times(new Exact(10).pow(scale)).toNumber();
      if (isSafe(mantissa)) return Decimal.scaled(mantissa, scale);
    }
    return new Decimal(0, 0, new Exact(wide));
  }
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}

/** @throws DecimalSyntaxError, whose `kind` says what is wrong with the text. */
export function parseDecimal(text: string, limits: DecimalLimits = defaultDecimalLimits): Decimal {
  return Decimal.parse(text, limits);
}

/** The exact sum. */
export function sumDecimals(values: Iterable<Decimal>): Decimal {
  let sum = Decimal.zero;
  for (const value of values) sum = sum.plus(value);
  return sum;
}

export function maxDecimal(a: Decimal, b: Decimal): Decimal {
  return a.compare(b) < 0 ? b : a;
}

export function minDecimal(a: Decimal, b: Decimal): Decimal {
  return a.compare(b) > 0 ? b : a;
}
