/** The characters of JSON (RFC 8259) that the reader of plain events looks for. */
export const char = { tab: 9, lineFeed: 10, carriageReturn: 13, space: 32, quote: 34, comma: 44, colon: 58, open: 91, backslash: 92, close: 93, begin: 123, end: 125 } as const;
export const lastAscii = 126;

/** Walks over JSON that holds nothing but printable ASCII without escapes; whatever else comes is answered with false. */
export class PlainText {
  at = 0;
  /** The string that was read last, without its quotes, and a hash of it. */
  start = 0;
  end = 0;
  hash = 0;

  constructor(
    readonly bytes: Buffer,
    /** In NDJSON a record ends with its line. */
    readonly isLines: boolean,
  ) {}

  /** A string of printable ASCII without escapes. */
  readText(): boolean {
    const { bytes } = this;
    let i = this.at;
    if (bytes[i] !== char.quote) return false;
    this.start = ++i;
    let hash = 0;
    for (let byte = bytes[i] ?? 0; byte !== char.quote; byte = bytes[++i] ?? 0) {
      if (byte < char.space || byte > lastAscii || byte === char.backslash) return false;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.end = i;
    this.hash = hash;
    this.at = i + 1;
    return true;
  }

  /** Whether the string that was read last is this one. */
  is(text: string): boolean {
    const { bytes, start } = this;
    if (text.length !== this.end - start) return false;
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  fits(most: number): boolean {
    const length = this.end - this.start;
    return length > 0 && length <= most;
  }

  take(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** The brace that begins an object. */
  begin(): boolean {
    if (!this.take(char.begin)) return false;
    this.skipSpace(!this.isLines);
    return true;
  }

  /** The colon behind a name. */
  colon(): boolean {
    this.skipSpace(!this.isLines);
    if (!this.take(char.colon)) return false;
    this.skipSpace(!this.isLines);
    return true;
  }

  /** Goes on to the next member of an object, or stands before what ends it. */
  next(): boolean {
    this.skipSpace(!this.isLines);
    if (!this.take(char.comma)) return false;
    this.skipSpace(!this.isLines);
    return true;
  }

  /** White space between tokens. */
  skipSpace(overLines: boolean): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== char.space && byte !== char.tab && byte !== char.carriageReturn && !(overLines && byte === char.lineFeed)) return;
      this.at++;
    }
  }
}
