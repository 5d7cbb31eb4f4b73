/**
 * Columns of a price list as CSV, in the order in which they are written. One row for each price, tier and time window:
 * rows with the same `effective_from`, `meter` and `window` belong together, and each adds a tier. The time that no
 * window covers is the window `otherwise`.
 */
export const csvColumns = [
  'code',
  'name',
  'currency',
  'tax_inclusive',
  'effective_from',
  'meter',
  'description',
  'product',
  'window',
  'days',
  'from',
  'to',
  'model',
  'included',
  'event_fee',
  'up_to',
  'unit_price',
  'flat_fee',
  'amount',
  'package_size',
  'package_price',
] as const;

export type CsvColumn = (typeof csvColumns)[number];
export type CsvRow = Readonly<Partial<Record<CsvColumn, string>>>;

export const listColumns = ['code', 'name', 'currency', 'tax_inclusive'] as const satisfies readonly CsvColumn[];
export const tierColumns = ['up_to', 'unit_price', 'flat_fee'] as const satisfies readonly CsvColumn[];
export const modelColumns = ['model', 'included', 'event_fee', 'amount', 'package_size', 'package_price'] as const satisfies readonly CsvColumn[];

export function isCsvColumn(name: string): name is CsvColumn {
  return csvColumns.some((column) => column === name);
}
