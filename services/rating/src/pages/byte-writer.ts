/** Crockford's base32 as ids write it: five bits a character. */
const packedAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const packedCode = new Uint8Array(128).fill(255);
for (let i = 0; i < 32; i++) packedCode[packedAlphabet.charCodeAt(i)] = i;

const notHex = 255;
const hexCode = new Uint8Array(128).fill(notHex);
for (let i = 0; i < 16; i++) hexCode['0123456789abcdef'.charCodeAt(i)] = i;

/** Texts shorter than this gain nothing from packing. */
const packedFrom = 4;
const uuidLength = 36;

/** How a text stands in a page: the two low bits of its header; the rest is a length. */
export const textForm = { plain: 0, packed: 1, utf8: 2, uuid: 3 } as const;

/** Appends to a buffer that grows once and is used again: writing is synchronous and `finish` copies the result out. */
export class ByteWriter {
  private buffer: Buffer = Buffer.allocUnsafeSlow(1 << 16);
  private at = 0;

  reset(): void {
    this.at = 0;
  }

  get length(): number {
    return this.at;
  }

  /** From Node's pool: pages are small and many, and memory of their own would cost more than filling it. */
  finish(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.at);
    this.buffer.copy(bytes, 0, 0, this.at);
    return bytes;
  }

  /** Makes sure that so many bytes fit; every `put` below asks for its own, except the one-byte ones inside it. */
  private room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.at + bytes, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }

  byte(value: number): void {
    this.room(1);
    this.buffer[this.at++] = value;
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    this.room(9);
    this.rawVarint(value);
  }

  private rawVarint(value: number): void {
    let left = value;
    while (left > 0x7fffffff) {
      this.buffer[this.at++] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    while (left > 127) {
      this.buffer[this.at++] = (left & 127) | 128;
      left >>>= 7;
    }
    this.buffer[this.at++] = left;
  }

  /** A whole number of either sign, below 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** Four bytes, little-endian. */
  uint32(value: number): void {
    this.room(4);
    this.buffer[this.at++] = value & 255;
    this.buffer[this.at++] = (value >>> 8) & 255;
    this.buffer[this.at++] = (value >>> 16) & 255;
    this.buffer[this.at++] = value >>> 24;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.room(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** The text as a whole. */
  text(text: string): void {
    this.textAfter(text, 0);
  }

  /** The text from `start` on; the reader knows what stands before. */
  textAfter(text: string, start: number): void {
    const length = text.length - start;
    this.room(12 + 3 * length);
    if (length === uuidLength && this.putUuid(text, start)) return;
    if (length >= packedFrom && this.putPacked(text, start, length)) return;
    const header = this.at;
    this.rawVarint(length << 2);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(start + i);
      if (code > 127) {
        this.at = header;
        return this.putUtf8(start === 0 ? text : text.slice(start));
      }
      this.buffer[this.at++] = code;
    }
  }

  private putUtf8(text: string): void {
    const length = Buffer.byteLength(text, 'utf8');
    this.rawVarint((length << 2) | textForm.utf8);
    this.room(length);
    this.at += this.buffer.write(text, this.at, 'utf8');
  }

  private putPacked(text: string, start: number, length: number): boolean {
    const header = this.at;
    this.rawVarint((length << 2) | textForm.packed);
    let bits = 0;
    let held = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(start + i);
      const code = unit > 127 ? 255 : (packedCode[unit] ?? 255);
      if (code === 255) {
        this.at = header;
        return false;
      }
      held = (held << 5) | code;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        this.buffer[this.at++] = (held >>> bits) & 255;
        held &= (1 << bits) - 1;
      }
    }
    if (bits > 0) this.buffer[this.at++] = (held << (8 - bits)) & 255;
    return true;
  }

  /** A UUID in its lower-case form (RFC 9562): 16 bytes instead of 36. */
  private putUuid(text: string, start: number): boolean {
    const header = this.at;
    this.buffer[this.at++] = textForm.uuid;
    for (let i = 0; i < uuidLength; ) {
      if (i === 8 || i === 13 || i === 18 || i === 23) {
        if (text.charCodeAt(start + i++) !== 45) return this.backTo(header);
        continue;
      }
      const high = hexCode[text.charCodeAt(start + i)] ?? notHex;
      const low = hexCode[text.charCodeAt(start + i + 1)] ?? notHex;
      if (high === notHex || low === notHex) return this.backTo(header);
      this.buffer[this.at++] = (high << 4) | low;
      i += 2;
    }
    return true;
  }

  private backTo(at: number): false {
    this.at = at;
    return false;
  }
}

/** Characters that both texts begin with, at most `limit`. */
export function sharedPrefix(a: string, b: string, limit: number): number {
  const most = Math.min(a.length, b.length, limit);
  let i = 0;
  while (i < most && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  // Half of a surrogate pair is no text that UTF-8 can write.
  const last = i > 0 ? a.charCodeAt(i - 1) : 0;
  return last >= 0xd800 && last < 0xdc00 ? i - 1 : i;
}
