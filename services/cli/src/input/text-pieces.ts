import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { errorCode } from '../error-text.js';
import { InputFault } from '../outcome.js';
import type { Input } from './open-input.js';

/** How far a file is read, in bytes as stored. */
export type OnRead = (bytes: number) => void;

/**
 * The text of an input piece by piece: UTF-8, unpacked when it is gzip, without a byte order mark.
 * @throws InputFault for another encoding (with the line) and for damaged gzip data
 */
export async function* textPieces(input: Input, onRead: OnRead = () => undefined): AsyncGenerator<string> {
  const decoder = new Utf8Pieces(input.name);
  try {
    for await (const piece of unpacked(input, onRead)) {
      const text = decoder.decode(piece);
      if (text !== '') yield text;
    }
  } catch (error) {
    if (!errorCode(error).startsWith('Z_')) throw error;
    throw new InputFault(input.name, 'the gzip data is damaged or cut short', {}, 'Make the file again, or unpack it first.');
  }
  decoder.end();
}

/** The whole text of a small file. @throws InputFault */
export async function wholeText(input: Input): Promise<string> {
  let text = '';
  for await (const piece of textPieces(input)) text += piece;
  return text;
}

async function* unpacked(input: Input, onRead: OnRead): AsyncGenerator<Uint8Array> {
  const stored = counted(input.bytes(), onRead);
  const first = await stored.next();
  if (first.done) return;
  const whole = withFirst(first.value, stored);
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* whole;
  const source = Readable.from(whole);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  for await (const piece of source.pipe(gunzip)) yield piece as Uint8Array;
}

async function* counted(pieces: AsyncIterable<Uint8Array>, onRead: OnRead): AsyncGenerator<Uint8Array, undefined> {
  let read = 0;
  for await (const piece of pieces) {
    read += piece.length;
    onRead(read);
    if (piece.length > 0) yield piece;
  }
  return undefined;
}

async function* withFirst(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Decodes UTF-8 and says in which line the first byte stands that is none. */
class Utf8Pieces {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private line = 1;
  private begun = false;
  /** The last bytes before the piece: a character may have begun in them. */
  private tail: Uint8Array = new Uint8Array(0);

  constructor(private readonly file: string) {}

  decode(piece: Uint8Array): string {
    if (!this.begun) this.refuseUtf16(piece);
    this.begun = true;
    let text: string;
    try {
      text = this.decoder.decode(piece, { stream: true });
    } catch {
      throw this.fault(piece);
    }
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.line++;
    this.tail = piece.length >= 3 ? piece.subarray(-3) : Buffer.concat([this.tail, piece]).subarray(-3);
    return text;
  }

  end(): void {
    try {
      this.decoder.decode();
    } catch {
      throw new InputFault(this.file, 'the file ends within a character', { line: this.line }, 'It was cut short; make it again.');
    }
  }

  private refuseUtf16(piece: Uint8Array): void {
    const [a, b] = piece;
    if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
      throw new InputFault(this.file, 'the file is UTF-16', {}, 'Save it as UTF-8.');
  }

  private fault(piece: Uint8Array): InputFault {
    let tail = this.tail;
    while (tail[0] !== undefined && (tail[0] & 0xc0) === 0x80) tail = tail.subarray(1);
    const lenient = new TextDecoder('utf-8');
    const before = lenient.decode(tail).split('\n').length - 1;
    const text = new TextDecoder('utf-8').decode(Buffer.concat([tail, piece]));
    const good = text.slice(0, Math.max(0, text.indexOf('\uFFFD')));
    const line = this.line + good.split('\n').length - 1 - before;
    return new InputFault(this.file, 'the file is not UTF-8', { line, column: good.length - good.lastIndexOf('\n') }, 'Save it as UTF-8.');
  }
}
