import { CsvError, parse } from 'csv-parse/sync';
import { type DocumentFault, type DocumentReading, pathSteps } from './document-fault.js';
import type { PriceListFault } from './fields.js';
import { otherwiseWindow, type Price, type PriceList, type SimplePriceModel } from './price-list.js';
import { csvColumns, type CsvColumn, type CsvRow, isCsvColumn, listColumns, modelColumns, tierColumns } from './price-list-csv.columns.js';
import { type PriceListReadingOptions, readPriceList } from './price-list.reader.js';

/** The price list as CSV (RFC 4180, comma, LF) that `priceListFromCsv` reads back to an equal one. */
export function priceListToCsv(list: PriceList): string {
  const head = { code: list.code, name: list.name, currency: list.currency, tax_inclusive: String(list.tax_inclusive) };
  const rows = list.versions.flatMap((version) => {
    const base = { ...head, effective_from: version.effective_from };
    return version.prices.length === 0 ? [base] : version.prices.flatMap((price) => toRows(price).map((row) => ({ ...base, ...row })));
  });
  return [csvColumns, ...rows.map((row: CsvRow) => csvColumns.map((column) => row[column] ?? ''))].map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}

function quoted(cell: string): string {
  return /[",\r\n;]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function toRows({ meter, description, product, price }: Price): readonly CsvRow[] {
  const base = { meter, description, product };
  if (price.model !== 'time_of_use') return toModelRows(price).map((row) => ({ ...base, ...row }));
  return [
    ...price.windows.flatMap(({ name, days, from, to, price: model }) =>
      toModelRows(model).map((row) => ({ ...base, window: name, days: days?.join(' '), from, to, ...row })),
    ),
    ...toModelRows(price.otherwise).map((row) => ({ ...base, window: otherwiseWindow, ...row })),
  ];
}

function toModelRows(model: SimplePriceModel): readonly CsvRow[] {
  if (model.model !== 'graduated' && model.model !== 'volume') return [model];
  const { tiers, ...rest } = model;
  return tiers.map((tier) => ({ ...rest, ...tier }));
}

interface NumberedRow {
  readonly line: number;
  readonly row: CsvRow;
}

/**
 * Reads a price list written as CSV, with comma or semicolon. Columns may stand in any order, and those that are not used
 * be left out. Faults name the line and the field.
 */
export function priceListFromCsv(text: string, options: PriceListReadingOptions = {}): DocumentReading {
  const parsed = parseRows(text);
  if (parsed.faults.length > 0) return { priceList: undefined, faults: parsed.faults };
  const first = parsed.rows[0];
  if (!first) return { priceList: undefined, faults: [{ line: 1, column: undefined, path: '', message: 'the file has no rows below its header' }] };
  const builder = new PriceListBuilder(first);
  for (const row of parsed.rows) builder.add(row);
  if (builder.faults.length > 0) return { priceList: undefined, faults: builder.faults };
  const { priceList, faults } = readPriceList(builder.value, options);
  return { priceList, faults: faults.map((fault) => builder.locate(fault)) };
}

function parseRows(text: string): { rows: readonly NumberedRow[]; faults: readonly DocumentFault[] } {
  const header = text.slice(0, /\r?\n|$/.exec(text)?.index);
  const delimiter = header.includes(';') && !header.includes(',') ? ';' : ',';
  try {
    const columns = (names: string[]): string[] => names.map((name) => name.trim());
    const records = parse<{ record: Record<string, string>; info: { lines: number } }>(text, { columns, delimiter, bom: true, skip_empty_lines: true, trim: true, info: true });
    const unknown = Object.keys(records[0]?.record ?? {}).filter((name) => !isCsvColumn(name));
    const faults = unknown.map((name): DocumentFault => {
      return { line: 1, column: name, path: '', message: `there is no such column; the columns are ${csvColumns.join(', ')}` };
    });
    return { rows: records.map(({ record, info }) => ({ line: info.lines, row: withoutEmpty(record) })), faults };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return { rows: [], faults: [{ line, column: undefined, path: '', message: `this is not CSV: ${error.message}` }] };
  }
}

function withoutEmpty(record: Readonly<Record<string, string>>): CsvRow {
  return Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== ''));
}

interface PriceInMaking {
  readonly path: string;
  readonly value: Record<string, unknown>;
  /** By window name; '' for a price without windows. */
  readonly models: Map<string, Record<string, unknown>>;
}

/** Puts rows together to the value that the reader takes, and remembers which line each part came from. */
class PriceListBuilder {
  readonly faults: DocumentFault[] = [];
  readonly value: Record<string, unknown>;
  private readonly versions: { effective_from?: string; prices: Record<string, unknown>[] }[] = [];
  private readonly prices = new Map<string, PriceInMaking>();
  private readonly lines = new Map<string, number>();

  constructor(private readonly head: NumberedRow) {
    const { code, name, currency, tax_inclusive: flag } = head.row;
    this.value = { code, name, currency, tax_inclusive: flag === 'true' ? true : flag === 'false' ? false : flag, versions: this.versions };
    this.lines.set('', head.line);
  }

  add(numbered: NumberedRow): void {
    const { row } = numbered;
    for (const column of listColumns) {
      const differs = row[column] !== undefined && row[column] !== this.head.row[column];
      if (differs) this.fault(numbered, column, `${JSON.stringify(row[column])} differs from the first row; a file holds one price list`);
    }
    const versionIndex = this.versionIndex(numbered);
    const hasPrice = Object.keys(row).some((column) => !listColumns.some((one) => one === column) && column !== 'effective_from');
    if (hasPrice) this.addToPrice(numbered, versionIndex);
  }

  /** A fault of the finished value, at the row that its part came from. */
  locate(fault: PriceListFault): DocumentFault {
    const name = pathSteps(fault).at(-1);
    for (let { path } = fault; ; path = path.replace(/(^|\.)[^.[\]]+$|\[\d+\]$/, '')) {
      const line = this.lines.get(path);
      if (line !== undefined || path === '') {
        const column = typeof name === 'string' && isCsvColumn(name) ? name : undefined;
        return { ...fault, line: line ?? this.head.line, column };
      }
    }
  }

  private versionIndex({ line, row }: NumberedRow): number {
    const known = this.versions.findIndex((version) => version.effective_from === row.effective_from);
    if (known >= 0) return known;
    this.versions.push({ effective_from: row.effective_from, prices: [] });
    this.lines.set(`versions[${this.versions.length - 1}]`, line);
    return this.versions.length - 1;
  }

  private addToPrice(numbered: NumberedRow, versionIndex: number): void {
    const { line, row } = numbered;
    const price = this.priceOf(numbered, versionIndex);
    const window = row.window ?? '';
    const known = price.models.get(window);
    if (!known) {
      const { path, model } = this.openWindow(price, numbered, window);
      price.models.set(window, model);
      for (const column of modelColumns) if (row[column] !== undefined) model[column] = row[column];
      this.lines.set(path, line);
      this.addTierOrUnitPrice(model, path, numbered);
      return;
    }
    if (known['model'] !== 'graduated' && known['model'] !== 'volume') {
      this.fault(numbered, 'meter', `${JSON.stringify(row.meter)} has a price in line ${this.lines.get(price.path)} already; only graduated and volume prices have several rows`);
      return;
    }
    for (const column of modelColumns) {
      if (row[column] !== undefined && row[column] !== known[column]) this.fault(numbered, column, 'differs from the first row of this price');
    }
    this.addTierOrUnitPrice(known, modelPath(price, known), numbered);
  }

  private priceOf({ line, row }: NumberedRow, versionIndex: number): PriceInMaking {
    const key = `${versionIndex} ${row.meter}`;
    let price = this.prices.get(key);
    if (!price) {
      const prices = this.versions[versionIndex]?.prices ?? [];
      const { meter, description, product } = row;
      price = { path: `versions[${versionIndex}].prices[${prices.length}]`, value: { meter, description, product }, models: new Map() };
      prices.push(price.value);
      this.prices.set(key, price);
      this.lines.set(price.path, line);
    }
    return price;
  }

  /** The object that takes the model's members: the price itself, a window, or what counts otherwise. */
  private openWindow(price: PriceInMaking, numbered: NumberedRow, window: string): { path: string; model: Record<string, unknown> } {
    const { row, line } = numbered;
    const model: Record<string, unknown> = {};
    const path = `${price.path}.price`;
    const timed = price.value['price'] as { model?: unknown; windows?: unknown[]; otherwise?: unknown } | undefined;
    if (window === '' || (timed && timed.windows === undefined)) {
      if (timed) this.fault(numbered, 'window', 'either all rows of a price name a window, or none');
      price.value['price'] ??= model;
      return { path, model };
    }
    const timeOfUse = timed ?? { model: 'time_of_use', windows: [] };
    price.value['price'] = timeOfUse;
    this.lines.set(path, this.lines.get(path) ?? line);
    if (window === otherwiseWindow) {
      timeOfUse.otherwise = model;
      return { path: `${path}.otherwise`, model };
    }
    const windows = timeOfUse.windows ?? [];
    windows.push({ name: window, days: row.days?.split(/[\s|]+/), from: row.from, to: row.to, price: model });
    this.lines.set(`${path}.windows[${windows.length - 1}]`, line);
    return { path: `${path}.windows[${windows.length - 1}].price`, model };
  }

  private addTierOrUnitPrice(model: Record<string, unknown>, path: string, { line, row }: NumberedRow): void {
    const tier = Object.fromEntries(tierColumns.flatMap((column) => (row[column] === undefined ? [] : [[column, row[column]]])));
    if (model['model'] !== 'graduated' && model['model'] !== 'volume') {
      Object.assign(model, tier);
      return;
    }
    const tiers = (model['tiers'] ??= []) as unknown[];
    tiers.push(tier);
    this.lines.set(`${path}.tiers[${tiers.length - 1}]`, line);
  }

  private fault({ line }: NumberedRow, column: CsvColumn, message: string): void {
    this.faults.push({ line, column, path: '', message });
  }
}

function modelPath(price: PriceInMaking, model: Record<string, unknown>): string {
  const timed = price.value['price'] as { windows?: readonly { price: unknown }[]; otherwise?: unknown };
  if (timed.otherwise === model) return `${price.path}.price.otherwise`;
  const index = timed.windows?.findIndex((window) => window.price === model) ?? -1;
  return index < 0 ? `${price.path}.price` : `${price.path}.price.windows[${index}].price`;
}
