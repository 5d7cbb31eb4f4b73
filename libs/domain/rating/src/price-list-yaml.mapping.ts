import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, stringify } from 'yaml';
import type { DocumentFault, DocumentReading } from './document-fault.js';
import { pathSteps } from './document-fault.js';
import type { PriceListFault } from './fields.js';
import type { PriceList } from './price-list.js';
import { type PriceListReadingOptions, readPriceList } from './price-list.reader.js';

/** The price list as YAML that `priceListFromYaml` reads back to an equal one. */
export function priceListToYaml(list: PriceList): string {
  return stringify(list, { lineWidth: 0 });
}

/**
 * Reads a price list written in YAML 1.2. Every scalar is taken as the text that was written, so that a price needs no
 * quotes to keep its digits. Faults name line and column.
 */
export function priceListFromYaml(text: string, options: PriceListReadingOptions = {}): DocumentReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = document.errors.map(({ pos, message }): DocumentFault => ({ ...at(pos[0]), path: '', message: `this is not YAML: ${message}` }));
  if (broken.length > 0) return { priceList: undefined, faults: broken };
  if (document.contents === null) return { priceList: undefined, faults: [{ line: 1, column: 1, path: '', message: 'the file is empty' }] };
  let value: unknown;
  try {
    value = withFlag(document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    return { priceList: undefined, faults: [{ line: 1, column: 1, path: '', message: error instanceof Error ? error.message : String(error) }] };
  }
  const { priceList, faults } = readPriceList(value, options);
  return { priceList, faults: faults.map((fault) => ({ ...at(offsetOf(document, fault)), ...fault })) };
}

/** The one member that is not text; what is neither true nor false stays text, for the reader to refuse. */
function withFlag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('tax_inclusive' in value)) return value;
  const flag = value.tax_inclusive;
  return { ...value, tax_inclusive: flag === 'true' ? true : flag === 'false' ? false : flag };
}

/** Where in the text the member is, or the nearest one around it that is there. */
function offsetOf(document: Document, fault: PriceListFault): number {
  for (let steps = pathSteps(fault); steps.length > 0; steps = steps.slice(0, -1)) {
    const last = steps.at(-1);
    const parent = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === last) : undefined;
    const node = pair?.key ?? document.getIn(steps, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
