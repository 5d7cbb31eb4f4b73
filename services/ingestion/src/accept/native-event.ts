import type { UsageEventValue } from '@tollkeeper/contracts';
import { dimensionsFault, hasBadCharacters, readQuantity, textFault } from './event-fields.js';
import { readEventTime, timeRange } from './event-time.js';
import { type Fault, invalid, shown } from './fault.js';
import { fieldLimits } from './intake-limits.js';

/** CloudEvents type of usage in Tollkeeper's own form. */
export const nativeType = 'tollkeeper.usage.v1';

/** Members of a CloudEvents 1.0 envelope in JSON, as far as this reader looks at them. */
interface Envelope {
  readonly specversion?: unknown;
  readonly id?: unknown;
  readonly source?: unknown;
  readonly type?: unknown;
  readonly subject?: unknown;
  readonly time?: unknown;
  readonly data?: unknown;
}

interface UsageData {
  readonly meter?: unknown;
  readonly quantity?: unknown;
  readonly key?: unknown;
  readonly dimensions?: unknown;
}

/**
 * An event of type `tollkeeper.usage.v1`: subject = device, data = {meter, quantity?, key?, dimensions?}. Written by hand
 * because it runs once per event: it answers the event or its first fault, and all events share one hidden class.
 * `careful` also looks at each character, where escapes could have written bad ones.
 */
export function readNativeEvent(record: Envelope, receiptId: string, ordinal: number, careful: boolean): UsageEventValue | Fault {
  const { id, source, subject, time, data } = record;
  if (record.specversion !== '1.0')
    return invalid('specversion', `specversion is "1.0" (CloudEvents 1.0); ${shown(record.specversion)} is not.`);
  if (!isText(id, fieldLimits.id, careful)) return fieldFault(id, 'id', fieldLimits.id);
  if (!isText(source, fieldLimits.source, careful)) return fieldFault(source, 'source', fieldLimits.source);
  if (!isText(subject, fieldLimits.device, careful)) return fieldFault(subject, 'subject', fieldLimits.device);
  if (typeof time !== 'string')
    return invalid('time', `time says when it was measured, as in "2026-01-31T12:00:00Z"; ${shown(time)} does not.`);
  const measured = readEventTime(time);
  if (measured === undefined) {
    return invalid(
      'time',
      `${shown(time)} is not an RFC 3339 date-time of the years ${timeRange}, such as "2026-01-31T12:00:00Z".`,
    );
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return invalid('data', `data is an object with meter and quantity; ${shown(data)} is none.`);
  }
  const { meter, quantity, key, dimensions } = data as UsageData;
  if (!isText(meter, fieldLimits.meter, careful)) return fieldFault(meter, 'data.meter', fieldLimits.meter);
  const amount = quantity === undefined ? '' : readQuantity(quantity, 'data.quantity');
  if (typeof amount !== 'string') return amount;
  if (key !== undefined && !isText(key, fieldLimits.key, careful)) return fieldFault(key, 'data.key', fieldLimits.key);
  if (dimensions !== undefined) {
    const fault = dimensionsFault(dimensions, 'data.dimensions', careful);
    if (fault) return fault;
  }
  const unknown = unknownMember(data);
  if (unknown !== undefined) return unknown;
  return {
    id,
    source,
    device: subject,
    meter,
    time: measured,
    quantity: amount,
    key: key ?? '',
    dimensions: dimensions as Readonly<Record<string, string>> | undefined,
    receiptId,
    ordinal,
  };
}

function isText(value: unknown, maxLength: number, careful: boolean): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength && !(careful && hasBadCharacters(value));
}

function fieldFault(value: unknown, param: string, maxLength: number): Fault {
  return textFault(value, param, maxLength) ?? invalid(param, `${param} is not usable.`);
}

/** A misspelt `quantity` must not silently count as one: members that nobody reads are refused. */
function unknownMember(data: object): Fault | undefined {
  for (const name in data) {
    if (name !== 'meter' && name !== 'quantity' && name !== 'key' && name !== 'dimensions') {
      return invalid(
        `data.${name.slice(0, 64)}`,
        `data has no member ${shown(name)}; it has meter, quantity, key and dimensions.`,
      );
    }
  }
  return undefined;
}

/** Writes mended fields into an event's envelope, for a replay from the quarantine. */
export function mendNative(
  record: Readonly<Record<string, unknown>>,
  fix: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const given = record['data'];
  const data: Record<string, unknown> = typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...given } : {};
  const mended: Record<string, unknown> = { ...record, data };
  for (const [field, value] of Object.entries(fix)) {
    if (field === 'device') mended['subject'] = value;
    else if (field === 'meter' || field === 'quantity' || field === 'key') data[field] = value;
    else mended[field] = value;
  }
  return mended;
}
