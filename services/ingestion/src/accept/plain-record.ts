import { RecentTexts, type UsageEventValue } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import { isQuantity } from './event-fields.js';
import { readEventTime } from './event-time.js';
import { fieldLimits } from './intake-limits.js';
import { nativeType } from './native-event.js';
import { char, lastAscii, type PlainText } from './plain-text.js';

/** A bit for each member that a record may have once; those from `meter` on stand in its data. */
const member = { specversion: 1, type: 2, datacontenttype: 4, data: 8, id: 16, source: 32, subject: 64, time: 128, meter: 256, quantity: 512, key: 1024, dimensions: 2048 } as const;
const needed = member.specversion | member.type | member.data | member.id | member.source | member.subject | member.time | member.meter;
/** Those whose text differs from record to record. */
const varying = member.id | member.source | member.subject | member.time | member.meter | member.quantity | member.key;

const sources = new RecentTexts(1 << 8);
const devices = new RecentTexts(1 << 14);
const meters = new RecentTexts(1 << 8);
const quantities = new RecentTexts(1 << 12);
const others = new RecentTexts(1 << 12);

/** What stands in front of a text that varies: the same bytes in every record that a source writes. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly member: number;
}

/** A record's bytes between its varying texts, the last piece being what ends it. */
interface Shape {
  readonly pieces: readonly Piece[];
  readonly end: { readonly from: number; readonly to: number };
}

/** The texts of a record on their way to an event. */
interface Draft {
  id: string;
  source: string;
  device: string;
  meter: string;
  time: Instant;
  quantity: string;
  key: string;
  dimensions: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads plain records one after the other. A source writes all of its records alike, so each is first compared with the shape
 * of the one before: nearly all of it is bytes that are the same, and only the texts in between are looked at.
 */
export class PlainRecords {
  private shape: Shape | undefined;
  private pieces: Piece[] = [];
  private pieceFrom = 0;

  constructor(
    private readonly text: PlainText,
    private readonly receiptId: string,
  ) {}

  /** The record that begins here; undefined when it is not plain, or when anything is wrong with it. */
  read(ordinal: number): UsageEventValue | undefined {
    return this.readAlike(ordinal) ?? this.readAny(ordinal);
  }

  private readAlike(ordinal: number): UsageEventValue | undefined {
    const { shape, text } = this;
    if (!shape) return undefined;
    const { bytes } = text;
    const draft = emptyDraft();
    let at = text.at;
    for (const piece of shape.pieces) {
      for (let i = piece.from; i < piece.to; i++) if (bytes[i] !== bytes[at++]) return undefined;
      let end = at;
      let hash = 0;
      for (let byte = bytes[end] ?? 0; byte !== char.quote; byte = bytes[++end] ?? 0) {
        if (byte < char.space || byte > lastAscii || byte === char.backslash) return undefined;
        hash = Math.imul(hash ^ byte, 0x01000193);
      }
      if (!put(draft, piece.member, bytes, at, end, hash)) return undefined;
      at = end;
    }
    for (let i = shape.end.from; i < shape.end.to; i++) if (bytes[i] !== bytes[at++]) return undefined;
    text.at = at;
    return this.toEvent(draft, ordinal);
  }

  private readAny(ordinal: number): UsageEventValue | undefined {
    const { text } = this;
    const draft = emptyDraft();
    this.shape = undefined;
    this.pieces = [];
    this.pieceFrom = text.at;
    let seen = 0;
    if (!text.begin()) return undefined;
    do {
      const name = this.readName(envelopeMember);
      if (name === 0 || (seen & name) !== 0) return undefined;
      seen |= name;
      if (name !== member.data) {
        if (!this.readMember(draft, name)) return undefined;
        continue;
      }
      const inside = this.readData(draft);
      if (inside === 0) return undefined;
      seen |= inside;
    } while (text.next());
    if (!text.take(char.end) || (seen & needed) !== needed) return undefined;
    if ((seen & member.dimensions) === 0) this.shape = { pieces: this.pieces, end: { from: this.pieceFrom, to: text.at } };
    return this.toEvent(draft, ordinal);
  }

  /** Which members the data has; 0 when it is not plain. */
  private readData(draft: Draft): number {
    const { text } = this;
    let seen = 0;
    if (!text.begin()) return 0;
    do {
      const name = this.readName(dataMember);
      if (name === 0 || (seen & name) !== 0) return 0;
      seen |= name;
      if (name === member.dimensions) {
        draft.dimensions = this.readDimensions();
        if (!draft.dimensions) return 0;
      } else if (!this.readMember(draft, name)) return 0;
    } while (text.next());
    return text.take(char.end) ? seen : 0;
  }

  private readMember(draft: Draft, name: number): boolean {
    const { text } = this;
    if (!text.readText()) return false;
    if (name === member.specversion) return text.is('1.0');
    if (name === member.type) return text.is(nativeType);
    if ((name & varying) === 0) return true;
    this.pieces.push({ from: this.pieceFrom, to: text.start, member: name });
    this.pieceFrom = text.end;
    return put(draft, name, text.bytes, text.start, text.end, text.hash);
  }

  private readDimensions(): Record<string, string> | undefined {
    const { text } = this;
    if (!text.begin()) return undefined;
    const dimensions: Record<string, string> = {};
    let count = 0;
    do {
      if (!text.readText() || !text.fits(fieldLimits.dimensionName)) return undefined;
      const name = others.at(text.bytes, text.start, text.end, text.hash);
      if (++count > fieldLimits.dimensions || name === '__proto__' || Object.hasOwn(dimensions, name)) return undefined;
      if (!text.colon() || !text.readText() || text.end - text.start > fieldLimits.dimensionValue) return undefined;
      dimensions[name] = others.at(text.bytes, text.start, text.end, text.hash);
    } while (text.next());
    return text.take(char.end) ? dimensions : undefined;
  }

  /** The name of a member and the colon behind it; 0 for one that is not known. */
  private readName(memberOf: (text: PlainText, length: number) => number): number {
    const { text } = this;
    if (!text.readText()) return 0;
    const name = memberOf(text, text.end - text.start);
    return text.colon() ? name : 0;
  }

  private toEvent(draft: Draft, ordinal: number): UsageEventValue {
    const { id, source, device, meter, time, quantity, key, dimensions } = draft;
    return { id, source, device, meter, time, quantity, key, dimensions, receiptId: this.receiptId, ordinal };
  }
}

function emptyDraft(): Draft {
  return { id: '', source: '', device: '', meter: '', time: 0, quantity: '', key: '', dimensions: undefined };
}

/** Puts a text where it belongs; false when it is not one that an event may have there. */
function put(draft: Draft, name: number, bytes: Buffer, start: number, end: number, hash: number): boolean {
  const length = end - start;
  if (length === 0) return false;
  switch (name) {
    case member.id:
      draft.id = bytes.toString('latin1', start, end);
      return length <= fieldLimits.id;
    case member.source:
      draft.source = sources.at(bytes, start, end, hash);
      return length <= fieldLimits.source;
    case member.subject:
      draft.device = devices.at(bytes, start, end, hash);
      return length <= fieldLimits.device;
    case member.time: {
      const time = readEventTime(bytes.toString('latin1', start, end));
      draft.time = time ?? 0;
      return time !== undefined;
    }
    case member.meter:
      draft.meter = meters.at(bytes, start, end, hash);
      return length <= fieldLimits.meter;
    case member.quantity:
      draft.quantity = quantities.at(bytes, start, end, hash);
      return isQuantity(draft.quantity);
    default:
      draft.key = others.at(bytes, start, end, hash);
      return length <= fieldLimits.key;
  }
}

function envelopeMember(text: PlainText, length: number): number {
  switch (length) {
    case 2:
      return text.is('id') ? member.id : 0;
    case 4:
      return text.is('type') ? member.type : text.is('time') ? member.time : text.is('data') ? member.data : 0;
    case 6:
      return text.is('source') ? member.source : 0;
    case 7:
      return text.is('subject') ? member.subject : 0;
    case 11:
      return text.is('specversion') ? member.specversion : 0;
    case 15:
      return text.is('datacontenttype') ? member.datacontenttype : 0;
    default:
      return 0;
  }
}

function dataMember(text: PlainText, length: number): number {
  switch (length) {
    case 3:
      return text.is('key') ? member.key : 0;
    case 5:
      return text.is('meter') ? member.meter : 0;
    case 8:
      return text.is('quantity') ? member.quantity : 0;
    case 10:
      return text.is('dimensions') ? member.dimensions : 0;
    default:
      return 0;
  }
}
