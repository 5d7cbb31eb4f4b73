/** The first place where a text stops being JSON (RFC 8259). */
export interface JsonFault {
  readonly offset: number;
  readonly what: string;
}

/** A key that stands twice in one object of the record. */
export interface DuplicateKey {
  /** Position among the values of the outermost array, or 0. */
  readonly record: number;
  readonly key: string;
}

/** Deeper texts are refused before anybody walks them. */
const maxDepth = 200;

class Fault extends Error {
  constructor(
    readonly offset: number,
    readonly what: string,
  ) {
    super(what);
  }
}

/**
 * Walks a JSON text to say what JSON.parse does not: where exactly the first error is, and which keys stand twice.
 * Only for texts that are known to have one or the other.
 */
class JsonWalk {
  private at = 0;
  private record = 0;
  readonly duplicates: DuplicateKey[] = [];

  constructor(private readonly text: string) {}

  whole(): void {
    this.value(0);
    this.space();
    if (this.at < this.text.length) throw new Fault(this.at, 'there is more text after the end of the value');
  }

  private space(): void {
    for (let code = this.text.charCodeAt(this.at); code === 32 || code === 9 || code === 10 || code === 13; )
      code = this.text.charCodeAt(++this.at);
  }

  private value(depth: number): void {
    this.space();
    if (depth > maxDepth) throw new Fault(this.at, 'it is nested too deeply');
    const char = this.text.charAt(this.at);
    if (char === '{') this.object(depth);
    else if (char === '[') this.array(depth);
    else if (char === '"') this.string();
    else this.scalar();
  }

  private object(depth: number): void {
    this.at++;
    const keys = new Set<string>();
    for (let first = true; ; first = false) {
      this.space();
      if (first && this.take('}')) return;
      if (this.text.charAt(this.at) !== '"') throw this.unexpected(first ? 'a key in quotes or }' : 'a key in quotes');
      const key = this.string();
      if (keys.has(key)) this.duplicates.push({ record: this.record, key });
      keys.add(key);
      this.space();
      if (!this.take(':')) throw this.unexpected('a colon after the key');
      this.value(depth + 1);
      this.space();
      if (this.take('}')) return;
      if (!this.take(',')) throw this.unexpected('a comma or }');
    }
  }

  private array(depth: number): void {
    this.at++;
    this.space();
    if (this.take(']')) return;
    for (;;) {
      this.value(depth + 1);
      this.space();
      if (this.take(']')) return;
      if (!this.take(',')) throw this.unexpected('a comma or ]');
      if (depth === 0) this.record++;
    }
  }

  private string(): string {
    const start = this.at++;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) throw new Fault(start, 'the string that begins here has no end');
      if (code < 32) throw new Fault(this.at, 'a string holds a control character; write it as an escape such as \\n');
      this.at++;
      if (code === 34) break;
      if (code !== 92) continue;
      const escape = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.at, this.at + 5))?.[0];
      if (!escape) throw new Fault(this.at - 1, 'a backslash in a string begins no known escape');
      this.at += escape.length;
    }
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private scalar(): void {
    const match = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/.exec(
      this.text.slice(this.at, this.at + 2048),
    );
    if (!match) throw this.unexpected('a value');
    this.at += match[0].length;
  }

  private take(char: string): boolean {
    if (this.text.charAt(this.at) !== char) return false;
    this.at++;
    return true;
  }

  private unexpected(wanted: string): Fault {
    if (this.at >= this.text.length) return new Fault(this.at, `the text ends where ${wanted} should follow`);
    return new Fault(this.at, `${JSON.stringify(this.text.charAt(this.at))} stands where ${wanted} should`);
  }
}

/** Where the text stops being JSON; undefined when it is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    new JsonWalk(text).whole();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return { offset: error.offset, what: error.what };
    throw error;
  }
}

/** Keys that stand twice in one object, for a text that is JSON. */
export function findDuplicateKeys(text: string): readonly DuplicateKey[] {
  const walk = new JsonWalk(text);
  walk.whole();
  return walk.duplicates;
}

/** Line and column of an offset, both counted from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}
