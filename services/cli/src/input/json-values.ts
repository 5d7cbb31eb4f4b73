import { InputFault } from '../outcome.js';
import { jsonFault } from './json-fault.js';

/** One element of the top-level array, or one of several values one behind the other (NDJSON). */
export interface JsonValueText {
  readonly text: string;
  readonly value: unknown;
  /** Where it begins, from 1. */
  readonly line: number;
  /** True when the file is one array. */
  readonly inArray: boolean;
}

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket, newline] = [34, 92, 44, 123, 125, 91, 93, 10];

/** Characters that one record has at most; a longer one is a file whose brackets do not close. */
const longestRecord = 4 * 1024 * 1024;

/**
 * The values of a JSON array or of NDJSON, while the text arrives; one value is held at a time.
 * @throws InputFault with line and column where it stops being JSON, and for an empty file
 */
export async function* jsonValues(file: string, pieces: AsyncIterable<string>): AsyncGenerator<JsonValueText> {
  const cutter = new ValueCutter(file);
  for await (const piece of pieces) yield* cutter.push(piece);
  yield* cutter.end();
}

/** Cuts at brackets and quotes; whether a value is JSON shows when it is parsed. */
class ValueCutter {
  private form: 'unknown' | 'array' | 'values' | 'ended' = 'unknown';
  private depth = 0;
  private inString = false;
  private escaped = false;
  private line = 1;
  private column = 0;
  /** The value so far; undefined between values. */
  private text: string | undefined;
  private began = { line: 1, column: 1 };
  private afterValue = false;

  constructor(private readonly file: string) {}

  *push(piece: string): Generator<JsonValueText> {
    let start = this.text === undefined ? -1 : 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.text !== undefined && this.depth === 0 && !this.inString && this.endsScalar(code)) {
        yield this.finish(piece.slice(start, at));
        start = -1;
      }
      this.step(code);
      if (this.inString) {
        this.stepInString(code);
        continue;
      }
      if (this.text === undefined) {
        if (!this.begins(code)) continue;
        this.text = '';
        this.began = { line: this.line, column: this.column };
        start = at;
      }
      if (code === quote) this.inString = true;
      else if (code === openBrace || code === openBracket) this.depth++;
      else if ((code === closeBrace || code === closeBracket) && --this.depth <= 0) {
        yield this.finish(piece.slice(start, at + 1));
        start = -1;
      }
    }
    if (this.text !== undefined) this.keep(start < 0 ? '' : piece.slice(start));
  }

  *end(): Generator<JsonValueText> {
    if (this.form === 'unknown')
      throw new InputFault(this.file, 'the file is empty', {}, 'It should hold a JSON array, or one JSON value per line.');
    if (this.text !== undefined && (this.depth > 0 || this.inString)) throw this.cutShort(this.text);
    if (this.text !== undefined) yield this.finish('');
    if (this.form === 'array') throw this.fault('the file is cut short: the array has no closing ]');
  }

  private step(code: number): void {
    if (code === newline) {
      this.line++;
      this.column = 0;
    } else {
      this.column++;
    }
  }

  private stepInString(code: number): void {
    if (this.escaped) this.escaped = false;
    else if (code === backslash) this.escaped = true;
    else if (code === quote) this.inString = false;
  }

  /** True when a value begins here; otherwise it is space or punctuation between values. */
  private begins(code: number): boolean {
    if (code <= 32) return false;
    if (this.form === 'ended') throw this.fault('there is more text behind the end of the array');
    if (this.form === 'unknown') {
      this.form = code === openBracket ? 'array' : 'values';
      if (this.form === 'array') return false;
    }
    if (this.form === 'values') return true;
    if (code === closeBracket) {
      if (!this.afterValue && this.hasComma) throw this.fault('a value should stand behind the comma');
      this.form = 'ended';
      return false;
    }
    if (code === comma) {
      if (!this.afterValue) throw this.fault('a comma stands where a value should');
      this.afterValue = false;
      this.hasComma = true;
      return false;
    }
    if (this.afterValue) throw this.fault('a comma is missing before this value');
    return true;
  }

  private hasComma = false;

  /** Outside of brackets a value ends at a line end, and in an array at a comma or its end. */
  private endsScalar(code: number): boolean {
    return this.form === 'array' ? code === comma || code === closeBracket : code === newline;
  }

  private keep(text: string): void {
    this.text = (this.text ?? '') + text;
    if (this.text.length > longestRecord) throw this.notJson(this.text);
  }

  private finish(text: string): JsonValueText {
    this.keep(text);
    const whole = (this.text ?? '').trimEnd();
    const { line } = this.began;
    let value: unknown;
    try {
      value = JSON.parse(whole);
    } catch {
      throw this.notJson(whole);
    }
    this.text = undefined;
    this.depth = 0;
    this.inString = false;
    this.afterValue = true;
    return { text: whole, value, line, inArray: this.form === 'array' };
  }

  /** A value without an end: the file was cut, unless something in the middle of it is wrong. */
  private cutShort(text: string): InputFault {
    const { offset } = jsonFault(text) ?? { offset: text.length };
    const untilEnd = !text.slice(offset).trimEnd().includes('\n');
    return untilEnd
      ? this.fault(`the file is cut short: the record that begins in line ${this.began.line} has no end`)
      : this.notJson(text);
  }

  private notJson(text: string): InputFault {
    const { offset, wanted } = jsonFault(text) ?? { offset: text.length, wanted: 'one record is longer than any should be' };
    const before = text.slice(0, offset).split('\n');
    const line = this.began.line + before.length - 1;
    const column = (before.at(-1)?.length ?? 0) + (before.length === 1 ? this.began.column : 1);
    return new InputFault(this.file, `this is not JSON: ${wanted}`, { line, column });
  }

  private fault(what: string): InputFault {
    return new InputFault(this.file, what, { line: this.line, column: Math.max(1, this.column) });
  }
}
