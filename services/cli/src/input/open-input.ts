import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode, errorText } from '../error-text.js';
import { InputFault } from '../outcome.js';
import type { Terminal } from '../terminal/terminal.js';

/** A file that the person named, or standard input. */
export interface Input {
  /** As the person knows it. */
  readonly name: string;
  /** Bytes; undefined for standard input. */
  readonly size: number | undefined;
  /** From that byte on; standard input has only a beginning. */
  bytes(from?: number): AsyncIterable<Uint8Array>;
}

const pieceBytes = 256 * 1024;

/** `-` is standard input. @throws InputFault when there is no such file, or it cannot be read */
export async function openInput(terminal: Terminal, file: string): Promise<Input> {
  if (file === '-') return { name: 'standard input', size: undefined, bytes: () => terminal.input };
  const path = resolve(terminal.folder, file);
  const size = await sizeOf(path, file);
  return { name: file, size, bytes: (from = 0) => readPieces(path, file, from) };
}

/** Small files as a whole. @throws InputFault */
export async function wholeInput(terminal: Terminal, file: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await openInput(terminal, file)).bytes()) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function sizeOf(path: string, file: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new InputFault(file, 'this is a folder', {}, 'Name a file in it.');
    return found.size;
  } catch (error) {
    throw readFault(error, file);
  }
}

async function* readPieces(path: string, file: string, start: number): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { start, highWaterMark: pieceBytes })) yield piece as Uint8Array;
  } catch (error) {
    throw readFault(error, file);
  }
}

function readFault(error: unknown, file: string): Error {
  if (error instanceof InputFault) return error;
  switch (errorCode(error)) {
    case 'ENOENT':
      return new InputFault(file, 'there is no such file', {}, 'Check the name; it counts from this folder.');
    case 'EACCES':
    case 'EPERM':
      return new InputFault(file, 'you may not read it', {}, 'Check the rights of the file.');
    default:
      return new InputFault(file, `it cannot be read: ${errorText(error)}`);
  }
}
