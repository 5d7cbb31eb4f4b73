import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Problem } from '@tollkeeper/kernel';
import { parseDocument, stringify } from 'yaml';
import type { Representation } from '../http/route.js';

export const yamlMediaType = 'application/yaml';

export const priceListTypes = ['application/json', yamlMediaType];

export const priceListRepresentations: readonly Representation[] = [
  {
    mediaType: yamlMediaType,
    parse: parseYamlPriceList,
    example: 'code: standard-2026\nname: Standard 2026\ncurrency: SEK\nversions:\n  - effective_from: 2026-01-01T00:00:00Z\n    prices:\n      - meter: energy\n        price: {model: per_unit, unit_price: 3.20}\n',
  },
];

/** What the service adds to a price list; a file that is put back does not say it. */
const servers = new Set(['version', 'created_at']);

/** The public JSON of a price list as YAML that a person edits and puts back. */
export function toYaml(json: JsonObject): string {
  const written = Object.fromEntries(Object.entries(json).filter(([key]) => !servers.has(key)));
  return stringify(withoutEmptyLists(written), { lineWidth: 120 });
}

function withoutEmptyLists(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => !(Array.isArray(member) && member.length === 0));
  return Object.fromEntries(members.map(([key, member]) => [key, withoutEmptyLists(member)]));
}

/**
 * Reads YAML (1.2) with every scalar as text, so that `unit_price: 3.20` keeps its digits; only `true` and `false` mean
 * what they say.
 * @throws Problem `invalid_request` with line and column
 */
export function parseYamlPriceList(bytes: Uint8Array): JsonValue {
  const document = parseDocument(new TextDecoder().decode(bytes), { schema: 'failsafe', uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new Problem('invalid_request', `The YAML cannot be read: ${error.message.split('\n', 1)[0] ?? ''}`);
  try {
    return withBooleans(document.toJS({ maxAliasCount: 0 }) as JsonValue);
  } catch {
    throw new Problem('invalid_request', 'The YAML holds aliases; write each value out.');
  }
}

function withBooleans(value: JsonValue): JsonValue {
  if (value === 'true' || value === 'false') return value === 'true';
  if (Array.isArray(value)) return value.map(withBooleans);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withBooleans(member)]));
}
