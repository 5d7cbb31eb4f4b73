import { textForm } from './byte-writer.js';

const packedUnits = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz', 'latin1');
const nativeFrom = 12;

/** Where characters are put together: a text that is built one by one is slower to make, and to read ever after. */
let scratch: Buffer = Buffer.allocUnsafeSlow(1 << 10);

/** Reads what `ByteWriter` wrote. @throws RangeError when the bytes are cut short. */
export class ByteReader {
  private at = 0;
  private readonly native: Buffer;

  constructor(private readonly source: Uint8Array) {
    this.native = Buffer.isBuffer(source) ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.source.length;
  }

  byte(): number {
    const value = this.source[this.at++];
    if (value === undefined) throw new RangeError('the bytes are cut short');
    return value;
  }

  varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  uint32s(count: number): Uint32Array {
    const bytes = this.take(4 * count);
    const values = new Uint32Array(count);
    for (let i = 0, at = 0; i < count; i++, at += 4) {
      values[i] = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    }
    return values;
  }

  bytes(): Uint8Array {
    return this.take(this.varint());
  }

  /** So many items as the number in front of them says. */
  list<T>(one: () => T): T[] {
    const items: T[] = [];
    for (let left = this.varint(); left > 0; left--) items.push(one());
    return items;
  }

  private take(length: number): Uint8Array {
    if (this.at + length > this.source.length) throw new RangeError('the bytes are cut short');
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }

  /** A text; `before` is what the writer left out in front of it. */
  text(before = ''): string {
    const header = this.varint();
    const length = header >>> 2;
    switch (header & 3) {
      case textForm.plain:
        return before + this.ascii(length);
      case textForm.packed:
        return before + this.packed(length);
      case textForm.uuid:
        return before + this.uuid();
      default:
        return before + this.utf8(length);
    }
  }

  /** Passes over a text and answers where it stands, for `textAt`. */
  skipText(): number {
    const start = this.at;
    const header = this.varint();
    const length = header >>> 2;
    const form = header & 3;
    this.take(form === textForm.packed ? Math.ceil((length * 5) / 8) : form === textForm.uuid ? 16 : length);
    return start;
  }

  textAt(start: number): string {
    const { at } = this;
    this.at = start;
    const text = this.text();
    this.at = at;
    return text;
  }

  private ascii(length: number): string {
    const start = this.at;
    this.take(length);
    if (length > nativeFrom) return this.native.toString('latin1', start, start + length);
    let text = '';
    for (let i = start; i < start + length; i++) text += String.fromCharCode(this.source[i] ?? 0);
    return text;
  }

  private utf8(length: number): string {
    const start = this.at;
    this.take(length);
    return this.native.toString('utf8', start, start + length);
  }

  private packed(length: number): string {
    if (this.at + Math.ceil((length * 5) / 8) > this.source.length) throw new RangeError('the bytes are cut short');
    if (length > scratch.length) scratch = Buffer.allocUnsafeSlow(length * 2);
    let bits = 0;
    let held = 0;
    for (let i = 0; i < length; i++) {
      if (bits < 5) {
        held = (held << 8) | this.byte();
        bits += 8;
      }
      bits -= 5;
      scratch[i] = packedUnits[(held >>> bits) & 31] ?? 0;
      held &= (1 << bits) - 1;
    }
    return scratch.toString('latin1', 0, length);
  }

  private uuid(): string {
    const start = this.at;
    this.take(16);
    const hex = this.native.toString('hex', start, start + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
