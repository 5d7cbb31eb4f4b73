import { Decimal, parseDecimal, type RoundingMode, sumDecimals } from '@tollkeeper/money';
import type { DepartmentGroup, DeviceGroup, InvoiceLine, InvoiceTotals, TaxSubtotal, UsageStatementLine } from './invoice.js';

const hundred = Decimal.fromInteger(100);

export interface TotalRules {
  readonly minorDigits: number;
  readonly rounding: RoundingMode;
  /** The payable total is a multiple of this, for example `1` for whole kronor. Absent: the minor unit. */
  readonly payableStep?: string;
}

/** The tax once per category and rate, from the sum of the rounded nets. */
export function taxSubtotals(lines: readonly InvoiceLine[], rules: TotalRules): readonly TaxSubtotal[] {
  const nets = new Map<string, { readonly line: InvoiceLine; net: Decimal }>();
  for (const line of lines) {
    const key = `${line.taxCategory} ${line.taxRate}`;
    const found = nets.get(key);
    if (found) found.net = found.net.plus(parseDecimal(line.net));
    else nets.set(key, { line, net: parseDecimal(line.net) });
  }
  return [...nets.values()]
    .map(({ line, net }) => ({
      taxCategory: line.taxCategory,
      rate: line.taxRate,
      net: net.toFixed(rules.minorDigits),
      tax: net
        .times(parseDecimal(line.taxRate))
        .dividedBy(hundred)
        .rounded(rules.minorDigits, rules.rounding)
        .toFixed(rules.minorDigits),
    }))
    .sort((a, b) => parseDecimal(b.rate).compare(parseDecimal(a.rate)) || (a.taxCategory < b.taxCategory ? -1 : 1));
}

/**
 * The sums. Where all prices include tax, the total is what the prices promised and any difference to net + tax becomes
 * the rounding line; the same line brings the total to `payableStep`.
 */
export function invoiceTotals(lines: readonly InvoiceLine[], taxes: readonly TaxSubtotal[], rules: TotalRules): InvoiceTotals {
  const net = sumDecimals(lines.map((line) => parseDecimal(line.net)));
  const tax = sumDecimals(taxes.map((subtotal) => parseDecimal(subtotal.tax)));
  const payable = toStep(promisedTotal(lines, rules) ?? net.plus(tax), rules);
  const rounding = payable.minus(net).minus(tax);
  const print = (value: Decimal): string => value.toFixed(rules.minorDigits);
  return { net: print(net), tax: print(tax), rounding: print(rounding), total: print(payable) };
}

/** The sum of the prices with tax, when every line has one and the tax is really charged. */
function promisedTotal(lines: readonly InvoiceLine[], rules: TotalRules): Decimal | undefined {
  const promised =
    lines.length > 0 && lines.every((line) => line.taxIncluded && (line.taxRate !== '0' || line.taxCategory === 'zero'));
  if (!promised) return undefined;
  return sumDecimals(lines.map((line) => parseDecimal(line.exact).rounded(rules.minorDigits, rules.rounding)));
}

function toStep(total: Decimal, rules: TotalRules): Decimal {
  if (rules.payableStep === undefined) return total;
  const step = parseDecimal(rules.payableStep);
  return total.dividedBy(step).rounded(0, rules.rounding).times(step);
}

/** Lines of one department, then of one device, in the order in which they are printed, with subtotals. */
export function groupLines(lines: readonly InvoiceLine[], minorDigits: number): readonly DepartmentGroup[] {
  const departments: { key: string; lines: InvoiceLine[] }[] = [];
  for (const line of lines) appendTo(departments, departmentKey(line), line);
  return departments.map(({ lines: own }) => ({
    department: own[0]?.department,
    devices: groupDevices(own, minorDigits),
    net: sumNets(own, minorDigits),
  }));
}

function groupDevices(lines: readonly InvoiceLine[], minorDigits: number): readonly DeviceGroup[] {
  const devices: { key: string; lines: InvoiceLine[] }[] = [];
  for (const line of lines) appendTo(devices, line.device ?? '', line);
  return devices.map(({ lines: own }) => ({
    device: own[0]?.device,
    lines: own.map((line) => line.number),
    net: sumNets(own, minorDigits),
  }));
}

/** Fees of the customer as a whole form a group of their own beside devices without a department. */
function departmentKey(line: InvoiceLine): string {
  if (line.department) return `department ${line.department.id}`;
  return line.device === undefined ? 'customer' : 'devices';
}

function appendTo(groups: { key: string; lines: InvoiceLine[] }[], key: string, line: InvoiceLine): void {
  const last = groups.at(-1);
  if (last?.key === key) last.lines.push(line);
  else groups.push({ key, lines: [line] });
}

function sumNets(lines: readonly InvoiceLine[], minorDigits: number): string {
  return sumDecimals(lines.map((line) => parseDecimal(line.net))).toFixed(minorDigits);
}

/** Per device, meter and period: how much and from how many events. Lines of several prices for one meter add up. */
export function usageStatement(lines: readonly InvoiceLine[]): readonly UsageStatementLine[] {
  const rows = new Map<string, UsageStatementLine>();
  for (const line of lines) {
    if (line.kind !== 'usage' || line.device === undefined || line.meter === undefined) continue;
    const key = JSON.stringify([line.device, line.meter, line.unit, line.period.start, line.period.end, line.adjustment]);
    const before = rows.get(key);
    rows.set(key, {
      device: line.device,
      department: line.department,
      meter: line.meter,
      unit: line.unit,
      quantity: (before ? parseDecimal(before.quantity) : Decimal.zero).plus(parseDecimal(line.quantity)).toString(),
      events: (before?.events ?? 0) + line.events,
      period: line.period,
      adjustment: line.adjustment,
    });
  }
  return [...rows.values()];
}
