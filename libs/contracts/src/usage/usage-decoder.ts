import { RecentTexts } from './recent-texts.js';
import type { UsageBatchValue, UsageEventValue } from './usage-value.js';

/** Strings this short are built unit by unit; longer ones by a native call. */
const nativeFrom = 8;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const devices = new RecentTexts(1 << 14);
const quantities = new RecentTexts(1 << 12);

class Reader {
  at = 0;
  private readonly view: DataView;
  private readonly native: Buffer;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.native = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** An unsigned varint; bits past the 32nd are dropped, as proto says for uint32. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('the message is cut short');
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new RangeError('a varint is longer than ten bytes');
  }

  double(): number {
    if (this.at + 8 > this.bytes.length) throw new RangeError('the message is cut short');
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** The end of the length-delimited value that begins here. */
  delimited(): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('the message is cut short');
    return end;
  }

  /** A string; when it is the one that stood in this field before, that very one. */
  text(before: string): string {
    const end = this.delimited();
    const start = this.at;
    this.at = end;
    const length = end - start;
    if (length === before.length && this.isAscii(before, start)) return before;
    let highest = 0;
    for (let i = start; i < end; i++) highest |= this.bytes[i] ?? 0;
    if (highest > 127) return strictUtf8.decode(this.bytes.subarray(start, end));
    if (length > nativeFrom) return this.native.toString('latin1', start, end);
    let text = '';
    for (let i = start; i < end; i++) text += String.fromCharCode(this.bytes[i] ?? 0);
    return text;
  }

  /** A string that may have been read lately. */
  recentText(recent: RecentTexts): string {
    const end = this.delimited();
    const start = this.at;
    this.at = end;
    let hash = 0;
    let highest = 0;
    for (let i = start; i < end; i++) {
      const byte = this.bytes[i] ?? 0;
      highest |= byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (highest > 127) return strictUtf8.decode(this.bytes.subarray(start, end));
    return recent.at(this.native, start, end, hash);
  }

  private isAscii(text: string, start: number): boolean {
    for (let i = text.length - 1; i >= 0; i--) {
      const byte = this.bytes[start + i] ?? 0;
      if (byte > 127 || byte !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Passes over a field that a newer writer knows. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.at += 8;
    else if (wireType === 2) this.at = this.delimited();
    else if (wireType === 5) this.at += 4;
    else throw new RangeError(`wire type ${wireType} is not known`);
    if (this.at > this.bytes.length) throw new RangeError('the message is cut short');
  }
}

/** Same order and kinds of members in every event, so that all of them share one hidden class. */
const none: UsageEventValue = { id: '', source: '', device: '', meter: '', time: 0, quantity: '', key: '', dimensions: undefined, receiptId: '', ordinal: 0 };

function readDimension(reader: Reader, into: Record<string, string>): void {
  const end = reader.delimited();
  let name = '';
  let value = '';
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 0x0a) name = reader.text(name);
    else if (tag === 0x12) value = reader.text(value);
    else reader.skip(tag);
  }
  // A plain assignment to `__proto__` would set no member.
  if (name === '__proto__') Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
  else into[name] = value;
}

function readEvent(reader: Reader, before: UsageEventValue, receiptId: string): UsageEventValue {
  const end = reader.delimited();
  let { id, source, device, meter, time, quantity, key, ordinal } = none;
  let dimensions: Record<string, string> | undefined;
  while (reader.at < end) {
    const tag = reader.varint();
    switch (tag) {
      case 0x0a:
        id = reader.text('');
        break;
      case 0x12:
        source = reader.text(before.source);
        break;
      case 0x1a:
        device = reader.recentText(devices);
        break;
      case 0x22:
        meter = reader.text(before.meter);
        break;
      case 0x29:
        time = reader.double();
        break;
      case 0x32:
        quantity = reader.recentText(quantities);
        break;
      case 0x3a:
        key = reader.text(before.key);
        break;
      case 0x42:
        readDimension(reader, (dimensions ??= {}));
        break;
      case 0x48:
        ordinal = reader.varint();
        break;
      default:
        reader.skip(tag);
    }
  }
  if (reader.at !== end) throw new RangeError('a field reaches past the end of its event');
  return { id, source, device, meter, time, quantity, key, dimensions, receiptId, ordinal };
}

/**
 * The value that `encodeUsageBatch`, or any proto writer of `UsageBatch`, wrote. Fields that this reader does not know are
 * passed over.
 * @throws RangeError the bytes are cut short or are no message; TypeError a string is not UTF-8.
 */
export function decodeUsageBatch(bytes: Uint8Array): UsageBatchValue {
  const reader = new Reader(bytes);
  let tenantId = '';
  let receiptId = '';
  let part = '';
  let receivedMs = 0;
  let events: UsageEventValue[] = [];
  let before = none;
  while (reader.at < reader.length) {
    const tag = reader.varint();
    switch (tag) {
      case 0x0a:
        tenantId = reader.text('');
        break;
      case 0x12:
        receiptId = reader.text('');
        break;
      case 0x1a:
        part = reader.text('');
        break;
      case 0x21:
        receivedMs = reader.double();
        break;
      case 0x2a:
        before = readEvent(reader, before, receiptId);
        events.push(before);
        break;
      default:
        reader.skip(tag);
    }
  }
  // A writer of another kind may put the receipt behind its events.
  if (events[0] && events[0].receiptId !== receiptId) events = events.map((event) => ({ ...event, receiptId }));
  return { tenantId, receiptId, part, receivedMs, events };
}
