import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type ApiClient, RawBody, type Wire } from '@tollkeeper/api-client';
import type { ingestionV1 } from '@tollkeeper/contracts';
import type { Input } from '../input/open-input.js';
import { InputFault } from '../outcome.js';
import type { OnRead } from '../input/text-pieces.js';

export type FileImport = Wire<ingestionV1.FileImport>;

export interface UploadedFile {
  readonly file: FileImport;
  /** The same content was imported before; nothing was done. */
  readonly known: boolean;
  /** Bytes that an earlier, broken upload had brought already. */
  readonly resumedAt: number;
}

const chunkBytes = 4 * 1024 * 1024;
/** Bytes go as they are: packed ones would not be at the offset that is told. */
const asTheyAre = { 'content-encoding': 'identity' };

/**
 * Sends a file in chunks, each repeated until it arrived. The name of the upload follows from the content, so that the
 * same command, typed again after a break, goes on where it broke off.
 */
export async function uploadFile(client: ApiClient, input: Input, mapping: string, onSent: OnRead): Promise<UploadedFile> {
  const name = (input.size === undefined ? 'stdin' : basename(input.name)).slice(0, 200);
  const opened = await open(client, { name, mapping }, input.size === undefined ? undefined : await uploadKey(input, name, mapping));
  if (opened.status !== 'receiving') return { file: opened, known: true, resumedAt: 0 };
  const from = Number(opened.size_bytes ?? '0');
  let offset = from;
  let file = opened;
  for await (const { bytes, last } of inChunks(input.bytes(from))) {
    file = await client.put<FileImport>(`/v1/files/${opened.id}`, new RawBody('application/octet-stream', bytes), {
      headers: { ...asTheyAre, 'upload-offset': String(offset), 'upload-complete': last ? '?1' : '?0' },
    });
    offset += bytes.length;
    onSent(offset);
  }
  return { file, known: file.repeated_file, resumedAt: from };
}

/** An upload without content yet: the answer says how much of it an earlier one brought, or that all is there. */
async function open(
  client: ApiClient,
  query: { readonly name: string; readonly mapping: string },
  key: string | undefined,
): Promise<FileImport> {
  const nothing = new RawBody('application/octet-stream', new Uint8Array(0));
  const headers = { ...asTheyAre, 'upload-complete': '?0' };
  const opened = await client.post<FileImport>('/v1/files', nothing, {
    query,
    headers,
    ...(key === undefined ? {} : { idempotencyKey: key }),
  });
  // What failed is tried anew, under a name of its own.
  return opened.status === 'failed' ? client.post<FileImport>('/v1/files', nothing, { query, headers }) : opened;
}

/** @throws InputFault for an empty file */
async function uploadKey(input: Input, name: string, mapping: string): Promise<string> {
  if (input.size === 0) throw new InputFault(input.name, 'the file is empty');
  const digest = createHash('sha256').update(JSON.stringify([name, mapping]));
  for await (const piece of input.bytes()) digest.update(piece);
  return `file-${digest.digest('hex')}`;
}

async function* inChunks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    if (size + piece.length > chunkBytes && size > 0) {
      yield { bytes: Buffer.concat(waiting), last: false };
      [waiting, size] = [[], 0];
    }
    waiting.push(piece);
    size += piece.length;
  }
  yield { bytes: Buffer.concat(waiting), last: true };
}
