import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { errorCodeOf } from './error-code.js';
import { FileFault } from './file-fault.js';

type FileEncoding = 'utf-8' | 'latin1';

export interface TextFile {
  readonly path: string;
  readonly encoding: FileEncoding;
  /** Inflated bytes that a gzip file may have at most. */
  readonly maxInflatedBytes: number;
  /** Told how many bytes of the file, as stored, were read. */
  onProgress(bytes: number): void;
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/**
 * The text of a file piece by piece, unpacked when it is gzip, without a byte order mark.
 * @throws FileFault when the bytes are not of the encoding, or the gzip data is damaged or cut
 */
export async function* textChunks(file: TextFile): AsyncGenerator<string> {
  const bytes = (await isGzip(file.path)) ? pipeline(storedBytes(file), createGunzip(), () => undefined) : storedBytes(file);
  // Code page 1252 is what programs that say Latin-1 write; it agrees with Latin-1 on all letters.
  const decoder = new TextDecoder(file.encoding === 'latin1' ? 'windows-1252' : 'utf-8', { fatal: true });
  let [line, inflated] = [1, 0];
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      if (inflated === 0) refuseUtf16(chunk);
      inflated += chunk.length;
      if (inflated > file.maxInflatedBytes)
        throw new FileFault(`The file unpacks to more than ${file.maxInflatedBytes} bytes; send it in parts.`);
      const text = decode(decoder, chunk, line);
      line += countLines(text);
      if (text !== '') yield text;
    }
    const rest = decode(decoder, undefined, line);
    if (rest !== '') yield rest;
  } catch (error) {
    if (errorCodeOf(error).startsWith('Z_')) {
      throw new FileFault(`The gzip data is damaged or cut short behind line ${line}; send the whole file again.`);
    }
    throw error;
  }
}

async function* storedBytes(file: TextFile): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(file.path, { highWaterMark: 256 << 10 }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    file.onProgress(read);
    yield chunk;
  }
}

function refuseUtf16(chunk: Buffer): void {
  const mark = chunk.length >= 2 ? chunk.readUInt16BE() : 0;
  if (mark === 0xfffe || mark === 0xfeff) throw new FileFault('The file is UTF-16; save it as UTF-8.');
}

function decode(decoder: TextDecoder, chunk: Buffer | undefined, line: number): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new FileFault(
      `Behind line ${line} the file has bytes that are not UTF-8; save it as UTF-8, or, for CSV, state "encoding": "latin1" in the mapping.`,
    );
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
