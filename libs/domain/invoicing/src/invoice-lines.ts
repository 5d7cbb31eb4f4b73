import { Decimal, parseDecimal, type RoundingMode } from '@tollkeeper/money';
import type { AccountLine, FeeLine, InvoiceLine } from './invoice.js';
import type { TaxTreatment } from './vat/tax-treatment.js';
import { vatRate, type VatTable } from './vat/vat-rates.js';

const hundred = Decimal.fromInteger(100);

/** What decides the tax and the rounding of every line of one invoice. */
export interface LineRules {
  readonly sellerCountry: string;
  readonly treatment: TaxTreatment;
  readonly minorDigits: number;
  readonly rounding: RoundingMode;
  readonly vatTables: readonly VatTable[];
}

/** A line without its number, which it gets from its place. */
export type DraftLine = Omit<InvoiceLine, 'number'>;

export function fromAccountLine(line: AccountLine, rules: LineRules): DraftLine {
  return {
    ...taxed(line, rules),
    kind: 'usage',
    device: line.device,
    department: line.department,
    meter: line.meter,
    product: line.product,
    description: line.description,
    priceDescription: line.priceDescription,
    period: line.period,
    quantity: parseDecimal(line.quantity).toString(),
    unit: line.unit,
    adjustment: line.adjustment,
    events: line.events,
    source: line.source,
  };
}

export function fromFeeLine(fee: FeeLine, rules: LineRules): DraftLine {
  return {
    ...taxed(fee, rules),
    kind: 'fee',
    feeId: fee.feeId,
    device: fee.device,
    department: fee.department,
    description: fee.description,
    priceDescription: fee.priceDescription,
    period: fee.period,
    quantity: parseDecimal(fee.quantity).toString(),
    unit: fee.unit,
    adjustment: false,
    events: 0,
  };
}

/**
 * The net of one line, rounded once to the minor unit. From a price with tax the net is what remains without the tax of
 * the seller's country; under reverse charge and export too, because that is the price that the list promised without it.
 */
function taxed(
  line: AccountLine | FeeLine,
  rules: LineRules,
): Pick<DraftLine, 'exact' | 'taxIncluded' | 'net' | 'taxCategory' | 'taxRate'> {
  const taxCategory = line.taxCategory ?? 'standard';
  const domesticRate = parseDecimal(vatRate(rules.sellerCountry, taxCategory, dayBefore(line.period.end), rules.vatTables));
  const exact = parseDecimal(line.amount);
  const taxIncluded = line.taxIncluded ?? false;
  const net = taxIncluded ? exact.times(hundred).dividedBy(hundred.plus(domesticRate)) : exact;
  return {
    exact: exact.toString(),
    taxIncluded,
    net: net.rounded(rules.minorDigits, rules.rounding).toFixed(rules.minorDigits),
    taxCategory,
    taxRate: rules.treatment === 'domestic' ? domesticRate.toString() : '0',
  };
}

/** The last day of supply of a period that ends before `end`: the rate in force on that day applies (Article 63 and 64). */
function dayBefore(end: string): string {
  return new Date(Date.parse(end) - 1).toISOString().slice(0, 10);
}

/**
 * Printing order: departments by name, fees of the customer as a whole last; within one, devices by reference; within
 * one, fees first, then usage by period and meter, adjustments after it. Code units decide, so that every machine agrees.
 */
export function inPrintingOrder(lines: readonly DraftLine[]): readonly DraftLine[] {
  const keyed = lines.map((line, index) => ({ line, index, key: sortKey(line) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key) || a.index - b.index);
  return keyed.map(({ line }) => line);
}

function sortKey(line: DraftLine): readonly string[] {
  const wholeCustomer = line.device === undefined && line.department === undefined;
  return [
    wholeCustomer ? '2' : line.department === undefined ? '1' : '0',
    line.department?.name ?? '',
    line.department?.id ?? '',
    line.device ?? '',
    line.adjustment ? '1' : '0',
    line.kind === 'fee' ? '0' : '1',
    line.period.start,
    line.meter ?? '',
    line.description,
  ];
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? '';
    const right = b[i] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
