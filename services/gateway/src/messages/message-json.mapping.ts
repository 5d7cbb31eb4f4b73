import { type DescField, type DescMessage, fromJson, type JsonObject, type JsonValue, type MessageShape } from '@bufbuild/protobuf';
import { Problem } from '@tollkeeper/kernel';

/** Fields whose text is itself JSON: the public sees what it says instead of JSON within JSON. */
const jsonTexts: ReadonlySet<string> = new Set(['tollkeeper.rating.v1.AccountEntry.body', 'tollkeeper.ingestion.v1.Mapping.definition']);

export function isJsonText(field: DescField): boolean {
  return jsonTexts.has(`${field.parent.typeName}.${field.name}`);
}

type Write = (message: Readonly<Record<string, unknown>>, into: Record<string, JsonValue>) => void;
type ToJson = (value: unknown) => JsonValue;

const writers = new WeakMap<DescMessage, Write>();

/**
 * The public JSON of a message: the proto field names (snake_case) with the values of the proto JSON mapping. Numbers,
 * booleans, lists and maps are always there; a text without content and a message that is not set are left out, so that
 * `"erased_at" in customer` means what it says.
 */
export function toPublicJson<D extends DescMessage>(schema: D, message: MessageShape<D>): JsonObject {
  const json: Record<string, JsonValue> = {};
  writerOf(schema)(message as unknown as Readonly<Record<string, unknown>>, json);
  return json;
}

/** Compiled once per message type: the field loop runs for every answer. */
function writerOf(schema: DescMessage): Write {
  const known = writers.get(schema);
  if (known) return known;
  const fields: Write[] = [];
  const write: Write = (message, into) => {
    for (const field of fields) field(message, into);
  };
  writers.set(schema, write);
  for (const field of schema.fields) fields.push(fieldWriter(field));
  return write;
}

function fieldWriter(field: DescField): Write {
  const { name, localName } = field;
  const convert = valueWriter(field);
  if (field.fieldKind === 'list') {
    return (message, into) => (into[name] = (message[localName] as readonly unknown[]).map(convert));
  }
  if (field.fieldKind === 'map') {
    return (message, into) => {
      const entries = Object.entries(message[localName] as Readonly<Record<string, unknown>>);
      into[name] = Object.fromEntries(entries.map(([key, value]) => [key, convert(value)]));
    };
  }
  return (message, into) => {
    const value = message[localName];
    if (value !== undefined && value !== '') into[name] = convert(value);
  };
}

/** How one value of the field is written; repeated texts stay even when they are empty. */
function valueWriter(field: DescField): ToJson {
  const { message } = field;
  if (message) {
    return (value) => {
      const json: Record<string, JsonValue> = {};
      writerOf(message)(value as Readonly<Record<string, unknown>>, json);
      return json;
    };
  }
  if (isJsonText(field)) return (value) => JSON.parse(String(value)) as JsonValue;
  return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : (value as JsonValue));
}

/**
 * The request message that public JSON asks for. Its shape has been validated; what the message types still refuse is
 * the caller's fault as well.
 * @throws Problem `invalid_request`
 */
export function fromPublicJson<D extends DescMessage>(schema: D, json: JsonObject): MessageShape<D> {
  try {
    return fromJson(schema, json);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem('invalid_request', `The request does not fit: ${why}.`);
  }
}

export function hasField(schema: DescMessage, name: string): boolean {
  return schema.fields.some((field) => field.name === name);
}
