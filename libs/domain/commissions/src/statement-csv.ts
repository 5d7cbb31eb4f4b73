/** The part of a statement that a table shows. Decimals are strings. */
export interface StatementTable {
  readonly month: string;
  readonly currency: string;
  readonly lines: readonly {
    readonly date: string;
    readonly kind: string;
    readonly invoiceNumber: string;
    readonly invoiceLine: number;
    readonly device: string;
    readonly meter: string;
    readonly base: string;
    readonly percentage: string;
    readonly amount: string;
    readonly paymentId: string;
  }[];
}

const columns = ['month', 'date', 'kind', 'invoice', 'line', 'device', 'meter', 'base', 'percentage', 'amount', 'currency', 'payment'] as const;

/** RFC 4180 with a header line; every amount exact and traceable to its invoice line. */
export function statementCsv(statement: StatementTable): string {
  const rows = statement.lines.map((line) => [
    statement.month,
    line.date,
    line.kind,
    line.invoiceNumber,
    String(line.invoiceLine),
    line.device,
    line.meter,
    line.base,
    line.percentage,
    line.amount,
    statement.currency,
    line.paymentId,
  ]);
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** Quoted where RFC 4180 asks; a leading = + @ is quoted behind an apostrophe, because spreadsheets would run it as a formula. */
function field(text: string): string {
  const safe = /^[=+@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
