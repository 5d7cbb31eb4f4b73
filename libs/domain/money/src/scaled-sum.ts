import { scanDecimal, scanned } from './decimal-text.js';
import { Decimal, powersOfTen } from './decimal.js';

/**
 * A running exact sum for loops over events: a safe integer and a scale, about a tenth of the cost of a decimal object
 * per event. What would leave the safe integers goes over to a bigint, and stays exact.
 */
export interface ScaledSum {
  /** value = mantissa / 10^scale while `wide` is undefined. */
  mantissa: number;
  scale: number;
  /** value = wide / 10^scale. */
  wide: bigint | undefined;
}

export function scaledSum(start: Decimal = Decimal.zero): ScaledSum {
  const sum: ScaledSum = { mantissa: 0, scale: 0, wide: undefined };
  if (!start.isZero()) addDecimal(sum, start);
  return sum;
}

/** Adds the decimal that the text holds. False, with the sum as it was, when the text is not a decimal in the strict form. */
export function addText(sum: ScaledSum, text: string): boolean {
  switch (scanDecimal(text)) {
    case 'narrow':
      addScaled(sum, scanned.mantissa, scanned.scale);
      return true;
    case 'wide':
      addDecimal(sum, Decimal.of(text));
      return true;
    case 'invalid':
      return false;
  }
}

/** Adds mantissa / 10^scale, for a safe integer mantissa and 0 ≤ scale ≤ 22. */
export function addScaled(sum: ScaledSum, mantissa: number, scale: number): void {
  if (sum.wide === undefined) {
    if (scale === sum.scale) {
      const total = sum.mantissa + mantissa;
      if (total <= Number.MAX_SAFE_INTEGER && total >= Number.MIN_SAFE_INTEGER) {
        sum.mantissa = total;
        return;
      }
    } else if (addAligned(sum, mantissa, scale)) {
      return;
    }
  }
  addWide(sum, BigInt(mantissa), scale);
}

export function addDecimal(sum: ScaledSum, value: Decimal): void {
  if (value.readScaled(scanned)) addScaled(sum, scanned.mantissa, scanned.scale);
  else addWide(sum, value.toUnits(value.fractionDigits()), value.fractionDigits());
}

export function toDecimal(sum: ScaledSum): Decimal {
  return sum.wide === undefined ? Decimal.scaled(sum.mantissa, sum.scale) : Decimal.fromUnits(sum.wide, sum.scale);
}

/** False when bringing both to one scale leaves the safe integers. */
function addAligned(sum: ScaledSum, mantissa: number, scale: number): boolean {
  const common = scale > sum.scale ? scale : sum.scale;
  const a = sum.mantissa * (powersOfTen[common - sum.scale] ?? Number.NaN);
  const b = mantissa * (powersOfTen[common - scale] ?? Number.NaN);
  if (!(Math.abs(a) <= Number.MAX_SAFE_INTEGER && Math.abs(b) <= Number.MAX_SAFE_INTEGER)) return false;
  const total = a + b;
  if (Math.abs(total) > Number.MAX_SAFE_INTEGER) return false;
  sum.mantissa = total;
  sum.scale = common;
  return true;
}

function addWide(sum: ScaledSum, units: bigint, scale: number): void {
  const common = scale > sum.scale ? scale : sum.scale;
  const before = sum.wide ?? BigInt(sum.mantissa);
  sum.wide = before * 10n ** BigInt(common - sum.scale) + units * 10n ** BigInt(common - scale);
  sum.mantissa = 0;
  sum.scale = common;
}
