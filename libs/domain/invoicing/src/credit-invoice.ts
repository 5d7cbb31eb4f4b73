import { Problem } from '@tollkeeper/kernel';
import { allocateMoney, Decimal, decimalFault, minorUnitDigits, parseDecimal, sumDecimals } from '@tollkeeper/money';
import { groupLines } from './invoice-totals.js';
import type { Invoice, InvoiceLine, InvoiceReference, InvoiceTotals, TaxSubtotal } from './invoice.js';
import { numbered } from './issue-invoice.js';

const hundred = Decimal.fromInteger(100);

/**
 * What to take back: all that is left; some lines, each wholly or by a net amount; or an amount including tax, spread
 * over what is left. Amounts are positive decimal strings.
 */
export type CreditScope =
  | { readonly kind: 'full' }
  | { readonly kind: 'lines'; readonly lines: readonly { readonly number: number; readonly net?: string }[] }
  | { readonly kind: 'amount'; readonly total: string };

export interface CreditRequest {
  readonly id: string;
  readonly number: string;
  readonly issuedOn: string;
  readonly scope: CreditScope;
  readonly reason: string;
}

/** The part of credit notes that says what is left of their invoice; a credit note is one. Amounts are negative. */
export interface CreditedPart {
  readonly number: string;
  readonly credits?: InvoiceReference;
  readonly lines: readonly { readonly original?: number; readonly net: string }[];
  readonly taxes: readonly TaxSubtotal[];
  readonly totals: InvoiceTotals;
}

/** Several credit notes of one invoice as one: as small as the invoice, however many there are. */
export function creditedTogether(notes: readonly CreditedPart[]): CreditedPart | undefined {
  const last = notes.at(-1);
  if (!last) return undefined;
  const nets = new Map<number, Decimal>();
  const taxes = new Map<string, TaxSubtotal>();
  for (const note of notes) {
    for (const line of note.lines) addTo(nets, line.original ?? 0, parseDecimal(line.net));
    for (const tax of note.taxes) {
      const before = taxes.get(taxKey(tax));
      taxes.set(taxKey(tax), { ...tax, net: plus(before?.net, tax.net), tax: plus(before?.tax, tax.tax) });
    }
  }
  const total = (member: keyof InvoiceTotals) => sumDecimals(notes.map(({ totals }) => parseDecimal(totals[member]))).toString();
  return {
    number: last.number,
    credits: last.credits,
    lines: [...nets].map(([original, net]) => ({ original, net: net.toString() })),
    taxes: [...taxes.values()],
    totals: { net: total('net'), tax: total('tax'), rounding: total('rounding'), total: total('total') },
  };
}

function plus(before: string | undefined, text: string): string {
  return parseDecimal(before ?? '0').plus(parseDecimal(text)).toString();
}

/** What an invoice is still worth after its credit notes. */
export interface Left {
  /** By line number; zero when wholly credited. */
  readonly nets: ReadonlyMap<number, Decimal>;
  /** By `category rate`. */
  readonly taxes: ReadonlyMap<string, Decimal>;
  readonly rounding: Decimal;
  readonly total: Decimal;
}

/** Subtracts earlier credit notes, whose amounts are negative, from the invoice. */
export function leftToCredit(invoice: Invoice, earlier: readonly CreditedPart[]): Left {
  const nets = new Map(invoice.lines.map((line) => [line.number, parseDecimal(line.net)]));
  const taxes = new Map(invoice.taxes.map((tax) => [taxKey(tax), parseDecimal(tax.tax)]));
  let rounding = parseDecimal(invoice.totals.rounding);
  let total = parseDecimal(invoice.totals.total);
  for (const note of earlier) {
    if (note.credits?.id !== invoice.id)
      throw new TypeError(`credit note ${note.number} does not belong to invoice ${invoice.number}`);
    for (const line of note.lines) addTo(nets, line.original ?? 0, parseDecimal(line.net));
    for (const tax of note.taxes) addTo(taxes, taxKey(tax), parseDecimal(tax.tax));
    rounding = rounding.plus(parseDecimal(note.totals.rounding));
    total = total.plus(parseDecimal(note.totals.total));
  }
  return { nets, taxes, rounding, total };
}

/**
 * A credit note over `invoice`: negative lines that name the line they take back, never more than is left of it after
 * the `earlier` credit notes of the same invoice. Crediting in parts ends at exactly zero.
 * @throws Problem `unprocessable` when there is less left than asked for, or a line does not exist.
 */
export function creditInvoice(invoice: Invoice, earlier: readonly CreditedPart[], request: CreditRequest): Invoice {
  if (invoice.kind !== 'invoice')
    throw new Problem('unprocessable', `${invoice.number} is a credit note; only invoices are credited.`);
  const left = leftToCredit(invoice, earlier);
  const anythingLeft = !left.total.isZero() || [...left.nets.values()].some((net) => !net.isZero());
  if (!anythingLeft) throw new Problem('unprocessable', `Invoice ${invoice.number} is already credited in full.`);
  const part = partOf(invoice, left, request.scope);
  const note = assemble(invoice, request, part);
  const rest = left.total.plus(parseDecimal(note.totals.total));
  if (left.total.sign() >= 0 && rest.sign() < 0) {
    throw new Problem(
      'unprocessable',
      `That would credit ${rest.negated().toString()} more than is left of invoice ${invoice.number}.`,
      { param: 'lines' },
    );
  }
  return note;
}

/** What is taken back: positive where the invoice was positive. */
interface Part {
  readonly nets: ReadonlyMap<number, Decimal>;
  readonly taxes: ReadonlyMap<string, Decimal>;
  readonly rounding: Decimal;
}

function partOf(invoice: Invoice, left: Left, scope: CreditScope): Part {
  switch (scope.kind) {
    case 'full':
      return left;
    case 'lines':
      return partByLines(invoice, left, scope.lines);
    case 'amount':
      return partByAmount(invoice, left, scope.total);
  }
}

function partByLines(invoice: Invoice, left: Left, wanted: readonly { readonly number: number; readonly net?: string }[]): Part {
  if (wanted.length === 0) throw new Problem('unprocessable', 'Name at least one line to credit.', { param: 'lines' });
  const nets = new Map<number, Decimal>();
  wanted.forEach(({ number, net }, i) => {
    const rest = left.nets.get(number);
    if (rest === undefined)
      throw new Problem('unprocessable', `Invoice ${invoice.number} has no line ${number}.`, { param: `lines[${i}].number` });
    if (nets.has(number)) throw new Problem('unprocessable', `Line ${number} is named twice.`, { param: `lines[${i}].number` });
    const amount = net === undefined ? rest : amountOf(net, invoice.currency, `lines[${i}].net`, rest.sign() < 0);
    if (amount.isZero() || amount.absolute().compare(rest.absolute()) > 0) {
      throw new Problem('unprocessable', `Line ${number} has ${rest.toString()} left to credit, not ${amount.toString()}.`, {
        param: `lines[${i}].net`,
      });
    }
    nets.set(number, amount);
  });
  return withTaxes(invoice, left, nets);
}

/** An amount with tax is spread over what is left in proportion; per rate the net is what the tax leaves of its share. */
function partByAmount(invoice: Invoice, left: Left, text: string): Part {
  const total = amountOf(text, invoice.currency, 'total', false);
  if (total.compare(left.total) > 0) {
    throw new Problem(
      'unprocessable',
      `Invoice ${invoice.number} has ${left.total.toString()} left to credit, not ${total.toString()}.`,
      { param: 'total' },
    );
  }
  if (total.equals(left.total)) return left;
  const positive = invoice.lines.filter((line) => (left.nets.get(line.number) ?? Decimal.zero).sign() > 0);
  const weights = positive.map((line) => grossOf(left.nets.get(line.number) ?? Decimal.zero, line.taxRate));
  const shares = allocateMoney({ amount: total, currency: invoice.currency }, weights);
  const digits = minorUnitDigits(invoice.currency);
  const nets = new Map<number, Decimal>();
  const taxes = new Map<string, Decimal>();
  positive.forEach((line, i) => {
    const share = shares[i]?.amount ?? Decimal.zero;
    if (share.isZero()) return;
    const net = share
      .times(hundred)
      .dividedBy(hundred.plus(parseDecimal(line.taxRate)))
      .rounded(digits, invoice.rounding);
    const capped =
      net.compare(left.nets.get(line.number) ?? Decimal.zero) > 0 ? (left.nets.get(line.number) ?? Decimal.zero) : net;
    nets.set(line.number, capped);
    addTo(taxes, taxKey(asTax(line)), share.minus(capped));
  });
  return balanced(left, nets, taxes, total);
}

/** No rate gives back more tax than is left of it; what that leaves over is rounding, so that the total is what was asked. */
function balanced(left: Left, nets: Map<number, Decimal>, taxes: Map<string, Decimal>, total: Decimal): Part {
  for (const [key, tax] of taxes) {
    const rest = left.taxes.get(key) ?? Decimal.zero;
    if (tax.compare(rest) > 0) taxes.set(key, rest);
  }
  const rounding = total.minus(sumDecimals(nets.values())).minus(sumDecimals(taxes.values()));
  return { nets, taxes, rounding };
}

/** The tax on the credited nets, once per rate; when nothing of a rate is left afterwards, all its tax goes back. */
function withTaxes(invoice: Invoice, left: Left, nets: ReadonlyMap<number, Decimal>): Part {
  const digits = minorUnitDigits(invoice.currency);
  const taxes = new Map<string, Decimal>();
  for (const subtotal of invoice.taxes) {
    const key = taxKey(subtotal);
    const lines = invoice.lines.filter((line) => taxKey(asTax(line)) === key);
    const credited = lines.filter((line) => nets.has(line.number));
    if (credited.length === 0) continue;
    const rest = left.taxes.get(key) ?? Decimal.zero;
    const empties = lines.every((line) =>
      (nets.get(line.number) ?? Decimal.zero).equals(left.nets.get(line.number) ?? Decimal.zero),
    );
    const net = sumDecimals(credited.map((line) => nets.get(line.number) ?? Decimal.zero));
    const tax = net.times(parseDecimal(subtotal.rate)).dividedBy(hundred).rounded(digits, invoice.rounding);
    const tooMuch = rest.sign() >= 0 && tax.compare(rest) > 0;
    taxes.set(key, empties || tooMuch ? rest : tax);
  }
  const everything = [...left.nets].every(([number, net]) => (nets.get(number) ?? Decimal.zero).equals(net));
  return { nets, taxes, rounding: everything ? left.rounding : Decimal.zero };
}

function assemble(invoice: Invoice, request: CreditRequest, part: Part): Invoice {
  const digits = minorUnitDigits(invoice.currency);
  const drafts = invoice.lines.flatMap((line) => {
    const net = part.nets.get(line.number);
    return net === undefined || net.isZero() ? [] : [creditLine(line, net, digits)];
  });
  const lines = numbered(drafts);
  const taxes: TaxSubtotal[] = invoice.taxes.flatMap((subtotal) => {
    const tax = part.taxes.get(taxKey(subtotal));
    const nets = lines.filter((line) => taxKey(asTax(line)) === taxKey(subtotal)).map((line) => parseDecimal(line.net));
    if (nets.length === 0 && (tax === undefined || tax.isZero())) return [];
    return [{ ...subtotal, net: sumDecimals(nets).toFixed(digits), tax: (tax ?? Decimal.zero).negated().toFixed(digits) }];
  });
  const net = sumDecimals(lines.map((line) => parseDecimal(line.net)));
  const tax = sumDecimals(taxes.map((subtotal) => parseDecimal(subtotal.tax)));
  const rounding = part.rounding.negated();
  return {
    ...invoice,
    id: request.id,
    kind: 'credit_note',
    number: request.number,
    issuedOn: request.issuedOn,
    dueOn: request.issuedOn,
    lines,
    groups: groupLines(lines, digits),
    taxes,
    totals: {
      net: net.toFixed(digits),
      tax: tax.toFixed(digits),
      rounding: rounding.toFixed(digits),
      total: net.plus(tax).plus(rounding).toFixed(digits),
    },
    usage: [],
    credits: { id: invoice.id, number: invoice.number, issuedOn: invoice.issuedOn },
    reason: request.reason,
  };
}

function creditLine(line: InvoiceLine, net: Decimal, digits: number): Omit<InvoiceLine, 'number'> {
  const whole = net.equals(parseDecimal(line.net));
  const { number, ...kept } = line;
  return {
    ...kept,
    kind: 'credit',
    original: number,
    quantity: whole ? parseDecimal(line.quantity).negated().toString() : '-1',
    unit: whole ? line.unit : 'credit',
    priceDescription: whole ? line.priceDescription : undefined,
    exact: net.negated().toString(),
    taxIncluded: false,
    net: net.negated().toFixed(digits),
    events: 0,
  };
}

function amountOf(text: string, currency: string, param: string, negative: boolean): Decimal {
  const fault = decimalFault(text);
  const amount = fault ? Decimal.zero : parseDecimal(text);
  if (fault || amount.sign() <= 0 || amount.fractionDigits() > minorUnitDigits(currency)) {
    throw new Problem('unprocessable', `${param} “${text}” is not an amount above zero in whole minor units of ${currency}.`, {
      param,
    });
  }
  return negative ? amount.negated() : amount;
}

function grossOf(net: Decimal, rate: string): Decimal {
  return net.times(hundred.plus(parseDecimal(rate)));
}

function asTax(line: InvoiceLine): Pick<TaxSubtotal, 'taxCategory' | 'rate'> {
  return { taxCategory: line.taxCategory, rate: line.taxRate };
}

function taxKey(tax: Pick<TaxSubtotal, 'taxCategory' | 'rate'>): string {
  return `${tax.taxCategory} ${tax.rate}`;
}

function addTo<K>(sums: Map<K, Decimal>, key: K, value: Decimal): void {
  sums.set(key, (sums.get(key) ?? Decimal.zero).plus(value));
}
