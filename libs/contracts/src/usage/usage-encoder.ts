import type { UsageBatchValue, UsageEventValue } from './usage-value.js';

/** Tags of the proto wire format: field number × 8 + wire type (2 = length-delimited, 1 = 64 bits, 0 = varint). */
const batchTag = { tenantId: 0x0a, receiptId: 0x12, part: 0x1a, receivedMs: 0x21, event: 0x2a } as const;
const eventTag = {
  id: 0x0a,
  source: 0x12,
  device: 0x1a,
  meter: 0x22,
  timeMs: 0x29,
  quantity: 0x32,
  key: 0x3a,
  dimension: 0x42,
  ordinal: 0x48,
} as const;
const entryTag = { key: 0x0a, value: 0x12 } as const;

/** Strings longer than this are faster by a native call than by a loop. */
const nativeFrom = 48;

/** A grown-once buffer shared by all encodings: encoding is synchronous and its result is copied out. */
let scratch = Buffer.allocUnsafeSlow(1 << 16);
let at = 0;

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

function room(bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(at + bytes, scratch.length * 2));
  scratch.copy(grown, 0, 0, at);
  scratch = grown;
}

function putVarint(value: number): void {
  while (value > 127) {
    scratch[at++] = (value & 127) | 128;
    value >>>= 7;
  }
  scratch[at++] = value;
}

function putField(tag: number, text: string): void {
  if (text === '') return;
  scratch[at++] = tag;
  putText(text);
}

function putText(text: string): void {
  const length = text.length;
  if (length > nativeFrom) return putLongText(text);
  // Up to 48 units take one byte of length while they are ASCII.
  const start = at + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return putLongText(text);
    scratch[start + i] = code;
  }
  scratch[at] = length;
  at = start + length;
}

function putLongText(text: string): void {
  putVarint(Buffer.byteLength(text, 'utf8'));
  at += scratch.write(text, at, 'utf8');
}

/** Proto leaves out +0 and nothing else. */
function putDouble(tag: number, value: number): void {
  if (Object.is(value, 0)) return;
  scratch[at++] = tag;
  double[0] = value;
  for (let i = 0; i < 8; i++) scratch[at++] = doubleBytes[i] ?? 0;
}

/** Writes the length of what stands behind `start`, for which `reserved` bytes were left free before it. */
function closeMessage(start: number, reserved: number): void {
  const length = at - start;
  const needed = length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : length < 1 << 28 ? 4 : 5;
  if (needed !== reserved) {
    room(needed);
    scratch.copyWithin(start - reserved + needed, start, at);
  }
  at = start - reserved;
  putVarint(length);
  at += length;
}

function putDimensions(dimensions: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(dimensions)) {
    const value = dimensions[name] ?? '';
    room(20 + 3 * (name.length + value.length));
    scratch[at++] = eventTag.dimension;
    const start = ++at;
    scratch[at++] = entryTag.key;
    putText(name);
    scratch[at++] = entryTag.value;
    putText(value);
    closeMessage(start, 1);
  }
}

function putEvent(event: UsageEventValue): void {
  const units = event.id.length + event.source.length + event.device.length + event.meter.length + event.quantity.length + event.key.length;
  room(64 + 3 * units);
  scratch[at++] = batchTag.event;
  const reserved = units < 100 ? 1 : 2;
  at += reserved;
  const start = at;
  putField(eventTag.id, event.id);
  putField(eventTag.source, event.source);
  putField(eventTag.device, event.device);
  putField(eventTag.meter, event.meter);
  putDouble(eventTag.timeMs, event.time);
  putField(eventTag.quantity, event.quantity);
  putField(eventTag.key, event.key);
  if (event.dimensions) putDimensions(event.dimensions);
  room(8);
  if (event.ordinal !== 0) {
    scratch[at++] = eventTag.ordinal;
    putVarint(event.ordinal);
  }
  closeMessage(start, reserved);
}

/** The bytes that protobuf-es `toBinary` gives for the same `UsageBatch`. */
export function encodeUsageBatch(batch: UsageBatchValue): Uint8Array {
  at = 0;
  room(64 + 3 * (batch.tenantId.length + batch.receiptId.length + batch.part.length));
  putField(batchTag.tenantId, batch.tenantId);
  putField(batchTag.receiptId, batch.receiptId);
  putField(batchTag.part, batch.part);
  putDouble(batchTag.receivedMs, batch.receivedMs);
  for (const event of batch.events) putEvent(event);
  return Uint8Array.prototype.slice.call(scratch, 0, at);
}
