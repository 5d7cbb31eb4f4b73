import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { isJsonText } from '../messages/message-json.mapping.js';
import { fieldMeanings } from './field-meanings.js';

export type Comments = Readonly<Record<string, string>>;

/** Name of a message among the document's components. Two packages share `ChainFault`; it says the same in both. */
function componentName(message: DescMessage): string {
  return message.name;
}

/** JSON Schema of the public JSON of a message, and of those that it refers to, into `components`. */
export function describeMessage(message: DescMessage, comments: Comments, components: Record<string, JsonValue>): JsonObject {
  const name = componentName(message);
  const ref = { $ref: `#/components/schemas/${name}` };
  if (components[name] !== undefined) return ref;
  components[name] = {};
  const properties: Record<string, JsonValue> = {};
  for (const field of message.fields) properties[field.name] = describeField(field, comments, components);
  const said = comments[message.typeName];
  components[name] = {
    type: 'object',
    ...(said === undefined ? {} : { description: said }),
    properties,
    required: message.fields.filter(alwaysThere).map((field) => field.name),
  };
  return ref;
}

/** The rule of `toPublicJson`: empty texts and absent messages are left out, and pages end without a cursor. */
function alwaysThere(field: DescField): boolean {
  if (field.fieldKind === 'list' || field.fieldKind === 'map') return true;
  if (field.fieldKind === 'message') return false;
  return field.scalar !== ScalarType.STRING || field.name === 'id';
}

function describeField(field: DescField, comments: Comments, components: Record<string, JsonValue>): JsonObject {
  const description = comments[`${field.parent.typeName}.${field.name}`] ?? fieldMeanings[field.name]?.description;
  const value = describeValue(field, comments, components);
  const schema: JsonObject =
    field.fieldKind === 'list' ? { type: 'array', items: value } : field.fieldKind === 'map' ? { type: 'object', additionalProperties: value } : value;
  return description === undefined ? schema : { ...schema, description };
}

function describeValue(field: DescField, comments: Comments, components: Record<string, JsonValue>): JsonObject {
  if (field.message) return describeMessage(field.message, comments, components);
  if (isJsonText(field)) return {};
  switch (field.scalar) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.UINT32:
      return { type: 'integer', minimum: 0, maximum: 4294967295 };
    case ScalarType.DOUBLE:
      return { type: 'number' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    default: {
      const format = fieldMeanings[field.name]?.format;
      return { type: 'string', ...(format === undefined ? {} : { format }) };
    }
  }
}

/** An example of the public JSON of a message, made up by field names; `known` members take the place of made-up ones. */
export function exampleOf(message: DescMessage, known: JsonObject = {}, depth = 0): JsonObject {
  const example: Record<string, JsonValue> = {};
  for (const field of message.fields) {
    const given = known[field.name];
    const value = given ?? exampleValue(field, depth);
    if (value !== undefined) example[field.name] = value;
  }
  return example;
}

const deepestExample = 3;

function exampleValue(field: DescField, depth: number): JsonValue | undefined {
  if (field.name === 'next_cursor') return undefined;
  const single = singleValue(field, depth);
  if (field.fieldKind === 'list') return single === undefined ? [] : [single];
  if (field.fieldKind === 'map') return single === undefined ? {} : { [field.name === 'done' ? 'invoices_issued' : 'site']: single };
  return single;
}

function singleValue(field: DescField, depth: number): JsonValue | undefined {
  if (field.message) return depth < deepestExample ? exampleOf(field.message, {}, depth + 1) : undefined;
  if (isJsonText(field)) return { source: { format: 'csv' } };
  switch (field.scalar) {
    case ScalarType.BOOL:
      return false;
    case ScalarType.UINT32:
      return 1;
    case ScalarType.DOUBLE:
      return 1;
    case ScalarType.BYTES:
      return '';
    default:
      return fieldMeanings[field.name]?.example;
  }
}
