import { FileFault } from './file-fault.js';

/** One top-level value, or one element of the top-level array, as text. */
export interface JsonPiece {
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
}

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket, newline] = [34, 92, 44, 123, 125, 91, 93, 10];

/**
 * Cuts a JSON text that arrives in pieces into its records: the elements of a top-level array, or values one after the
 * other (NDJSON, or one object). Looks at brackets and quotes only; whether a record is JSON shows when it is parsed.
 * Holds one record at a time.
 */
export class JsonSplitter {
  private form: 'unknown' | 'array' | 'values' | 'ended' = 'unknown';
  private depth = 0;
  private inString = false;
  private escaped = false;
  private line = 1;
  /** Text of the record so far, and where it began; undefined between records. */
  private record: string | undefined;
  private recordLine = 1;
  private afterElement = false;

  constructor(private readonly maxUnits: number) {}

  /** The records that end within this piece. @throws FileFault */
  push(chunk: string): JsonPiece[] {
    const pieces: JsonPiece[] = [];
    let start = this.record === undefined ? -1 : 0;
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (code === newline) this.line++;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (code === backslash) this.escaped = true;
        else if (code === quote) this.inString = false;
        continue;
      }
      if (this.record === undefined) {
        if (!this.begins(code)) continue;
        this.record = '';
        this.recordLine = this.line;
        start = at;
      } else if (this.depth === 0 && this.endsScalar(code)) {
        pieces.push(this.finish(chunk.slice(start, at)));
        start = -1;
        at--;
        if (code === newline) this.line--;
        continue;
      }
      if (code === quote) this.inString = true;
      else if (code === openBrace || code === openBracket) this.depth++;
      else if ((code === closeBrace || code === closeBracket) && --this.depth === 0) {
        pieces.push(this.finish(chunk.slice(start, at + 1)));
        start = -1;
      }
    }
    if (this.record !== undefined) this.keep(start < 0 ? '' : chunk.slice(start));
    return pieces;
  }

  /** A last value without a line end. @throws FileFault when the text is empty or ends within a record or the array */
  end(): JsonPiece[] {
    if (this.form === 'unknown') throw new FileFault('The file is empty; it should hold at least one record.');
    if (this.record !== undefined && (this.depth > 0 || this.inString)) {
      throw new FileFault(`The file is cut short: the record that begins in line ${this.recordLine} has no end.`);
    }
    const pieces = this.record === undefined ? [] : [this.finish('')];
    if (this.form === 'array') throw new FileFault(`The file is cut short: in line ${this.line} the array has no closing ].`);
    return pieces;
  }

  /** True when a record begins with this unit; otherwise it is space or punctuation between records. */
  private begins(code: number): boolean {
    if (code <= 32 || code === 0xfeff) return false;
    if (this.form === 'ended') throw new FileFault(`In line ${this.line} there is more text after the end of the array.`);
    if (this.form === 'unknown') {
      this.form = code === openBracket ? 'array' : 'values';
      if (this.form === 'array') return false;
    }
    if (this.form === 'values') return true;
    if (code === closeBracket) {
      this.form = 'ended';
      return false;
    }
    if (code === comma) {
      if (!this.afterElement) throw new FileFault(`In line ${this.line} a comma stands where a record should.`);
      this.afterElement = false;
      return false;
    }
    if (this.afterElement) throw new FileFault(`In line ${this.line} a comma is missing between two records.`);
    return true;
  }

  /** Outside of brackets a value ends at a line end, and in an array at a comma or its end. */
  private endsScalar(code: number): boolean {
    return this.form === 'array' ? code === comma || code === closeBracket : code === newline;
  }

  private keep(text: string): void {
    this.record += text;
    if ((this.record?.length ?? 0) > this.maxUnits) {
      throw new FileFault(
        `The record that begins in line ${this.recordLine} has more than ${this.maxUnits} characters; send a list with one record per element.`,
      );
    }
  }

  private finish(text: string): JsonPiece {
    this.keep(text);
    const piece = { text: (this.record ?? '').trim(), line: this.recordLine };
    this.record = undefined;
    this.depth = 0;
    this.afterElement = true;
    return piece;
  }
}
