import {
  describeDocumentFault,
  type DocumentFault,
  type PriceList,
  priceListFromCsv,
  priceListFromYaml,
  readPriceList,
} from '@tollkeeper/rating';
import { InputFault } from '../outcome.js';
import { jsonFault } from './json-fault.js';
import type { Input } from './open-input.js';
import { wholeText } from './text-pieces.js';

/**
 * Reads a price list file: JSON, CSV or YAML, by its ending or else by what it looks like.
 * @throws InputFault that lists everything that is wrong, by line
 */
export async function readPriceListFile(input: Input): Promise<PriceList> {
  const text = await wholeText(input);
  if (text.trim() === '') throw new InputFault(input.name, 'the file is empty', {}, 'It should hold a price list as YAML, CSV or JSON.');
  switch (formatOf(input.name, text)) {
    case 'json':
      return fromJson(input.name, text);
    case 'csv':
      return fromDocument(input.name, priceListFromCsv(text));
    case 'yaml':
      return fromDocument(input.name, priceListFromYaml(text));
  }
}

function formatOf(name: string, text: string): 'json' | 'csv' | 'yaml' {
  const ending = /\.(json|csv|ya?ml)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'json' || ending === 'csv') return ending;
  if (ending !== undefined) return 'yaml';
  if (/^\s*\{/.test(text)) return 'json';
  return /^\s*"?[a-z_]+"?\s*[,;]/.test(text) ? 'csv' : 'yaml';
}

function fromJson(name: string, text: string): PriceList {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { offset, wanted } = jsonFault(text) ?? { offset: text.length, wanted: 'it cannot be read' };
    const before = text.slice(0, offset).split('\n');
    throw new InputFault(name, `this is not JSON: ${wanted}`, { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
  }
  const { priceList, faults } = readPriceList(value);
  if (priceList) return priceList;
  throw new InputFault(
    name,
    `the price list cannot be used:\n${faults.map(({ path, message }) => `  ${path === '' ? '' : `${path} `}${message}`).join('\n')}`,
  );
}

function fromDocument(
  name: string,
  { priceList, faults }: { readonly priceList: PriceList | undefined; readonly faults: readonly DocumentFault[] },
): PriceList {
  if (priceList) return priceList;
  throw new InputFault(name, `the price list cannot be used:\n${faults.map((fault) => `  ${describeDocumentFault(fault)}`).join('\n')}`);
}
