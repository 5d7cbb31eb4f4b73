import { fromRfc3339 } from '@tollkeeper/kernel';
import type { DeviceUsageEvent } from '@tollkeeper/rating';

/** Why a record is no usage event. */
export interface EventFault {
  readonly reason: 'invalid_event';
  readonly detail: string;
}

/** CloudEvents type of usage in Tollkeeper's own form. */
const nativeType = 'tollkeeper.usage.v1';

/** An event of the native form, as POST /v1/usage takes it; or what is wrong with it. `text` is the record as it was written. */
export function readNativeUsage(value: unknown, text: string): DeviceUsageEvent | EventFault {
  if (!isObject(value)) return fault('it is no JSON object');
  const { id, source, subject, type, time, data } = value;
  if (value['specversion'] !== '1.0') return fault('specversion should be "1.0": it is no CloudEvent');
  if (type !== nativeType) return fault(`type should be "${nativeType}"; other records need a mapping, which only the platform has`);
  if (!isText(id)) return fault('id is missing');
  if (!isText(source)) return fault('source is missing');
  if (!isText(subject)) return fault('subject, the reference of the device, is missing');
  const moment = typeof time === 'string' ? fromRfc3339(time) : undefined;
  if (moment === undefined) return fault('time should be a time such as "2026-01-31T12:00:00Z"');
  if (!isObject(data) || !isText(data['meter'])) return fault('data.meter is missing');
  const { meter, quantity, key, dimensions } = data;
  const amount = typeof quantity === 'number' ? numberText(text) : (quantity ?? '');
  if (typeof amount !== 'string') return fault('data.quantity should be a decimal written as text, such as "12.5"');
  if (key !== undefined && !isText(key)) return fault('data.key should be text');
  if (dimensions !== undefined && !isTexts(dimensions)) return fault('data.dimensions should hold texts');
  const unknown = Object.keys(data).find((name) => !['meter', 'quantity', 'key', 'dimensions'].includes(name));
  if (unknown !== undefined) return fault(`data.${unknown} is not known; data has meter, quantity, key and dimensions`);
  return {
    id,
    source,
    device: subject,
    meter,
    time: moment,
    quantity: amount,
    ...(key === undefined ? {} : { key }),
    ...(dimensions === undefined ? {} : { dimensions }),
  };
}

export function isEventFault(event: DeviceUsageEvent | EventFault): event is EventFault {
  return 'reason' in event;
}

/** The digits of data.quantity as they were written: as a number of this program it could lose some. */
function numberText(record: string): string | undefined {
  let digits: string | undefined;
  const keep = (name: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (name === 'quantity' && typeof value === 'number') digits = context?.source;
    return value;
  };
  JSON.parse(record, keep as (name: string, value: unknown) => unknown);
  return digits !== undefined && /^-?\d{1,16}(\.\d{1,16})?$/.test(digits) && digits.length <= 17 ? digits : undefined;
}

function fault(detail: string): EventFault {
  return { reason: 'invalid_event', detail };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'string');
}
