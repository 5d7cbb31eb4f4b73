/**
 * Keys of the store, ordered as their parts are. A tag, the chain's name in UTF-8, and what belongs to the tag:
 *
 *     h chain            → n of the last entry
 *     e chain 00 n       → the entry
 *     c chain 00 cause   → n of the entry that the cause made, where it asked to be found
 *     p chain 00 n       → nothing; work must still follow the entry
 *
 * n stands as its byte count and that many bytes, most significant first, so that numbers sort by size in few bytes.
 */
export const tags = { head: 0x68, entry: 0x65, cause: 0x63, pending: 0x70 } as const;

const separator = 0;
/** Above every byte that UTF-8 uses. */
const afterText = 0xff;
const numberBytes = 8;

/** A key under construction; every put copies it at once, so that one serves all. */
let scratch: Buffer = Buffer.allocUnsafeSlow(1 << 12);
const numberScratch: Buffer = Buffer.allocUnsafeSlow(numberBytes + 1);

function putText(at: number, text: string): number {
  const room = at + 3 * text.length + numberBytes + 2;
  if (room > scratch.length) {
    const larger = Buffer.allocUnsafeSlow(room * 2);
    scratch.copy(larger);
    scratch = larger;
  }
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      if (!text.isWellFormed()) throw new RangeError(`${JSON.stringify(text)} is not well-formed Unicode`);
      return putWide(at, text);
    }
    if (code === separator) throw new RangeError(`${JSON.stringify(text)} holds a NUL character`);
    scratch[at + i] = code;
  }
  return at + length;
}

function putWide(at: number, text: string): number {
  if (text.includes('\0')) throw new RangeError(`${JSON.stringify(text)} holds a NUL character`);
  return at + scratch.write(text, at, 'utf8');
}

function putNumber(into: Buffer, at: number, n: number): number {
  let bytes = 1;
  for (let rest = n; rest > 255; rest = Math.floor(rest / 256)) bytes++;
  into[at] = bytes;
  let rest = n;
  for (let i = at + bytes; i > at; i--) {
    into[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + bytes + 1;
}

/** The keys of one chain, its name written once. Every key is valid until the next call of anything in this file. */
export class ChainKeys {
  private end = 0;

  of(chain: string): this {
    if (chain === '') throw new RangeError('a chain needs a name');
    this.end = putText(1, chain);
    return this;
  }

  head(): Uint8Array {
    scratch[0] = tags.head;
    return scratch.subarray(0, this.end);
  }

  numbered(tag: number, n: number): Uint8Array {
    scratch[0] = tag;
    scratch[this.end] = separator;
    return scratch.subarray(0, putNumber(scratch, this.end + 1, n));
  }

  cause(cause: string): Uint8Array {
    scratch[0] = tags.cause;
    scratch[this.end] = separator;
    return scratch.subarray(0, putText(this.end + 1, cause));
  }
}

const shared = new ChainKeys();

/** Keys that outlive the call, for reads. */
export function headKey(chain: string): Uint8Array {
  return new Uint8Array(shared.of(chain).head());
}

export function numberedKey(tag: number, chain: string, n: number): Uint8Array {
  return new Uint8Array(shared.of(chain).numbered(tag, n));
}

export function causeKey(chain: string, cause: string): Uint8Array {
  return new Uint8Array(shared.of(chain).cause(cause));
}

/** First key of the names with this prefix, and the first behind them all. */
export function prefixRange(tag: number, prefix: string): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const text = Buffer.from(prefix, 'utf8');
  return { gte: Buffer.concat([Buffer.of(tag), text]), lt: Buffer.concat([Buffer.of(tag), text, Buffer.of(afterText)]) };
}

/** The value of a head or a cause: n as it stands in keys. Valid until the next call. */
export function numberValue(n: number): Uint8Array {
  return numberScratch.subarray(0, putNumber(numberScratch, 0, n));
}

export function toNumber(value: Uint8Array): number {
  if (value.length !== (value[0] ?? 0) + 1) throw new RangeError('a stored number is cut short');
  let n = 0;
  for (let i = 1; i < value.length; i++) n = n * 256 + (value[i] ?? 0);
  return n;
}

const fromUtf8 = new TextDecoder();

/** The chain's name in a head key. */
export function chainOfHead(key: Uint8Array): string {
  return fromUtf8.decode(key.subarray(1));
}

/** An entry's key for the key of its pending mark. */
export function entryKeyOfPending(key: Uint8Array): Uint8Array {
  const entry = new Uint8Array(key);
  entry[0] = tags.entry;
  return entry;
}
