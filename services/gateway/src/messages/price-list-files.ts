import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Problem } from '@tollkeeper/kernel';
import {
  describeDocumentFault, type DocumentReading, type PriceList, priceListFromCsv, priceListFromYaml, priceListToCsv, priceListToYaml, readPriceList,
} from '@tollkeeper/rating';
import type { Representation } from '../http/route.js';

/** Media types of a price list as a file, and how it is written. */
const writers: Readonly<Record<string, (list: PriceList) => string>> = {
  'text/csv': priceListToCsv,
  'application/yaml': priceListToYaml,
};

export const priceListTypes = ['application/json', ...Object.keys(writers)];

export const priceListRepresentations: readonly Representation[] = [
  {
    mediaType: 'text/csv',
    parse: (bytes) => parsed(bytes, priceListFromCsv),
    example:
      'code,name,currency,tax_inclusive,effective_from,meter,model,up_to,unit_price\n' +
      'standard-2026,Standard 2026,SEK,false,2026-01-01T00:00:00Z,energy,graduated,100,3.20\n' +
      'standard-2026,Standard 2026,SEK,false,2026-01-01T00:00:00Z,energy,graduated,,2.80\n',
  },
  {
    mediaType: 'application/yaml',
    parse: (bytes) => parsed(bytes, priceListFromYaml),
    example:
      'code: standard-2026\nname: Standard 2026\ncurrency: SEK\ntax_inclusive: false\nversions:\n  - effective_from: 2026-01-01T00:00:00Z\n' +
      '    prices:\n      - meter: energy\n        price: {model: per_unit, unit_price: 3.20}\n',
  },
];

/** What the service adds to a price list; a file that is put back does not say it. */
const servers = new Set(['version', 'created_at']);

/** The public JSON of a price list as a file of that media type; undefined for JSON itself. */
export function toPriceListFile(json: JsonObject, mediaType: string): string | undefined {
  const write = writers[mediaType];
  if (!write) return undefined;
  const { priceList, faults } = readPriceList(Object.fromEntries(Object.entries(json).filter(([key]) => !servers.has(key))));
  if (!priceList) throw new Error(`a stored price list cannot be read: ${faults[0]?.path ?? ''} ${faults[0]?.message ?? ''}`);
  return write(priceList);
}

const mostFaults = 10;

/** @throws Problem `invalid_request` that names line and column of the first fault, and lists up to ten */
function parsed(bytes: Uint8Array, read: (text: string) => DocumentReading): JsonValue {
  const { priceList, faults } = read(new TextDecoder().decode(bytes));
  if (priceList) return JSON.parse(JSON.stringify(priceList)) as JsonValue;
  const [first] = faults;
  const errors = faults.slice(0, mostFaults).map((fault) => ({ param: fault.path, detail: describeDocumentFault(fault) }));
  const detail = first ? describeDocumentFault(first) : 'the file cannot be read';
  throw new Problem('invalid_request', `The price list: ${detail}.`, { ...(first && first.path !== '' ? { param: first.path } : {}), errors });
}
