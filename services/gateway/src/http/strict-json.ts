import { Problem } from '@tollkeeper/kernel';

type JsonMembers = { [key: string]: JsonData };
export type JsonData = null | boolean | number | string | JsonData[] | JsonMembers;

/** Nothing that people bill with is nested deeper. */
export const deepestJson = 32;

const fromUtf8 = new TextDecoder('utf-8', { fatal: true });
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const space = /[ \t\n\r]*/y;
const quote = 0x22;
const backslash = 0x5c;
const words: ReadonlyMap<string, JsonData> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/**
 * Reads JSON (RFC 8259) as I-JSON (RFC 7493) wants it: UTF-8, no member twice in one object, no lone surrogates; and
 * not nested deeper than `deepestJson`. `JSON.parse` would let the last of two equal members win without a word.
 * @throws Problem `invalid_json` with line and column, or with the path of the member
 */
export function parseStrictJson(bytes: Uint8Array): JsonData {
  let source: string;
  try {
    source = fromUtf8.decode(bytes);
  } catch {
    throw new Problem('invalid_json', 'The body is not UTF-8; send JSON encoded as UTF-8.');
  }
  return new StrictJson(source).document();
}

/** JSON path of a member as `param` of problems: `lines[0].net`. */
export function jsonPath(path: readonly PropertyKey[]): string {
  let out = '';
  for (const step of path) out += typeof step === 'number' ? `[${step}]` : `${out === '' ? '' : '.'}${String(step)}`;
  return out;
}

class StrictJson {
  private at = 0;
  private readonly path: (string | number)[] = [];

  constructor(private readonly source: string) {}

  document(): JsonData {
    this.skip();
    if (this.at === this.source.length) throw new Problem('invalid_json', 'The body is empty; send a JSON document.');
    const value = this.value();
    this.skip();
    if (this.at < this.source.length) this.fail('something follows after the end of the document');
    return value;
  }

  private value(): JsonData {
    const next = this.source[this.at];
    if (next === '{') return this.object();
    if (next === '[') return this.list();
    if (next === '"') return this.string();
    const digits = this.match(number);
    if (digits !== undefined) return this.finite(digits);
    for (const [word, meaning] of words) {
      if (this.source.startsWith(word, this.at)) {
        this.at += word.length;
        return meaning;
      }
    }
    return this.fail(this.at >= this.source.length ? 'the document ends too early' : 'a value should stand here');
  }

  private finite(digits: string): number {
    const value = Number(digits);
    if (!Number.isFinite(value)) this.fail('the number is too large');
    return value;
  }

  private object(): JsonData {
    const members: JsonMembers = {};
    this.enter();
    if (this.take('}')) return members;
    for (;;) {
      if (this.source[this.at] !== '"') this.fail('a member name in double quotes should stand here');
      const key = this.string();
      this.path.push(key);
      if (Object.hasOwn(members, key)) this.refuse('stands twice in its object; keep one');
      if (key === '__proto__') this.refuse('is not a member name that is taken');
      this.skip();
      if (!this.take(':')) this.fail('a colon should stand here');
      members[key] = this.value();
      this.path.pop();
      this.skip();
      if (this.take('}')) return members;
      if (!this.take(',')) this.fail('a comma or } should stand here');
    }
  }

  private list(): JsonData {
    const items: JsonData[] = [];
    this.enter();
    if (this.take(']')) return items;
    for (;;) {
      this.path.push(items.length);
      items.push(this.value());
      this.path.pop();
      this.skip();
      if (this.take(']')) return items;
      if (!this.take(',')) this.fail('a comma or ] should stand here');
    }
  }

  private string(): string {
    const start = this.at;
    let end = start + 1;
    for (let code = this.source.charCodeAt(end); code !== quote; code = this.source.charCodeAt(end)) {
      if (Number.isNaN(code)) this.fail('the text that begins here is not closed');
      if (code < 0x20) this.fail('the text that begins here holds a control character; write it as an escape');
      end += code === backslash ? 2 : 1;
    }
    this.at = end + 1;
    const value = parsedText(this.source.slice(start, this.at));
    if (value === undefined) {
      this.at = start;
      return this.fail('the text that begins here holds an unknown escape, or half of a surrogate pair');
    }
    return value;
  }

  /** Steps into an object or a list. The path has one step per level above. */
  private enter(): void {
    if (this.path.length >= deepestJson) this.fail(`the document is nested deeper than ${deepestJson} levels`);
    this.at++;
    this.skip();
  }

  private take(sign: string): boolean {
    if (this.source[this.at] !== sign) return false;
    this.at++;
    this.skip();
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skip(): void {
    this.match(space);
  }

  private refuse(why: string): never {
    const param = jsonPath(this.path);
    throw new Problem('invalid_json', `${param} ${why}.`, { param });
  }

  private fail(why: string): never {
    const before = this.source.slice(0, this.at);
    const line = before.split('\n').length;
    const column = this.at - before.lastIndexOf('\n');
    throw new Problem('invalid_json', `The body is not valid JSON at line ${line}, column ${column}: ${why}.`, {
      ...(this.path.length > 0 ? { param: jsonPath(this.path) } : {}),
    });
  }
}

/** The meaning of a quoted text; undefined when an escape is unknown or stands for half of a character. */
function parsedText(quoted: string): string | undefined {
  try {
    const value = JSON.parse(quoted) as string;
    return value.isWellFormed() ? value : undefined;
  } catch {
    return undefined;
  }
}
