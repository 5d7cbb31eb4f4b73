import type { PriceListFault } from './fields.js';
import type { PriceList } from './price-list.js';

/** What is wrong with a price list file, and where: lines and columns count from 1. */
export interface DocumentFault {
  readonly line: number;
  /** Column of the text (YAML) or name of the field (CSV), where it is known. */
  readonly column: number | string | undefined;
  /** Path of the member, '' for the document as a whole. */
  readonly path: string;
  readonly message: string;
}

export interface DocumentReading {
  /** Undefined when there are faults. */
  readonly priceList: PriceList | undefined;
  readonly faults: readonly DocumentFault[];
}

/** One line for a person: "line 4, unit_price: versions[0].prices[2].price.unit_price must not be negative". */
export function describeDocumentFault({ line, column, path, message }: DocumentFault): string {
  const where = column === undefined ? `line ${line}` : typeof column === 'number' ? `line ${line}, column ${column}` : `line ${line}, ${column}`;
  return `${where}: ${path === '' ? '' : `${path} `}${message}`;
}

/** The steps of a fault's path: `versions[0].prices` → versions, 0, prices. */
export function pathSteps(fault: PriceListFault): readonly (string | number)[] {
  return [...fault.path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) => (index === undefined ? (name ?? '') : Number(index)));
}
