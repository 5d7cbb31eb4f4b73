import { create, type MessageShape } from '@bufbuild/protobuf';
import { ingestionV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import type { Answer, Call } from '../http/route.js';
import { toPublicJson } from '../messages/message-json.mapping.js';

type FileImport = MessageShape<typeof ingestionV1.FileImportSchema>;

/** Bytes handed on at once: large enough that a chunk's round trip and its sync do not matter. */
const chunkBytes = 512 * 1024;

const { putFileChunk } = ingestionV1.IngestionService.method;

/** POST /v1/files: a new file. The same Idempotency-Key, and the same content, name the same file. */
export async function receiveFile(call: Call, fileBytes: number): Promise<Answer> {
  const { name = '', mapping = '' } = call.query;
  return received(call, { fileId: '', name: String(name), mapping: String(mapping) }, 0, fileBytes);
}

/** PUT /v1/files/{id}: the rest of a file whose upload broke off, from Upload-Offset on. */
export async function resumeFile(call: Call, fileBytes: number): Promise<Answer> {
  const offset = call.request.headers['upload-offset'];
  if (typeof offset !== 'string' || !/^\d{1,15}$/.test(offset)) {
    throw new Problem('invalid_request', 'Upload-Offset is the count of bytes that arrived so far; GET the file, its size_bytes says it.', { param: 'Upload-Offset' });
  }
  return received(call, { fileId: call.params['id'] ?? '', name: '', mapping: '' }, Number(offset), fileBytes);
}

interface FileName {
  readonly fileId: string;
  readonly name: string;
  readonly mapping: string;
}

async function received(call: Call, file: FileName, from: number, fileBytes: number): Promise<Answer> {
  const complete = call.request.headers['upload-complete'] !== '?0';
  let fileId = file.fileId;
  let offset = from;
  let answer: FileImport | undefined;
  const send = async (bytes: Uint8Array, last: boolean): Promise<void> => {
    if (offset + bytes.length > fileBytes) throw new Problem('payload_too_large', `A file has at most ${fileBytes} bytes; split it.`);
    const chunk = create(putFileChunk.input, { ...file, fileId, offset, last, bytes: new Uint8Array(bytes) });
    chunk.tenantId = call.tenantId;
    chunk.cause = call.cause;
    chunk.nowMs = call.ports.clocks.now(call.tenantId);
    chunk.contentEncoding = encodingOf(call);
    answer = await call.ports.client.call(putFileChunk, chunk);
    fileId = answer.id;
    offset += bytes.length;
  };
  for await (const { bytes, last } of inChunks(call.body)) await send(bytes, last && complete);
  if (!answer) throw new Error('a stream always gives a last chunk');
  return {
    headers: { location: `/v1/files/${fileId}`, 'upload-offset': String(offset) },
    body: toPublicJson(ingestionV1.FileImportSchema, answer),
  };
}

function encodingOf(call: Call): string {
  const encoding = (call.request.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity' || encoding === 'gzip') return encoding;
  throw new Problem('unsupported_media_type', `Content-Encoding ${encoding} is not understood; send gzip or nothing.`, { param: 'Content-Encoding' });
}

/** Bytes in chunks of one size; the last one says so. A sender that breaks off ends it with an error, so never with a last chunk. */
async function* inChunks(body: unknown): AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(body)) {
    waiting.push(piece);
    size += piece.length;
    if (size < chunkBytes) continue;
    const all = Buffer.concat(waiting);
    let start = 0;
    for (; all.length - start > chunkBytes; start += chunkBytes) yield { bytes: all.subarray(start, start + chunkBytes), last: false };
    waiting = [all.subarray(start)];
    size = all.length - start;
  }
  yield { bytes: Buffer.concat(waiting), last: true };
}

async function* piecesOf(body: unknown): AsyncGenerator<Uint8Array> {
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return;
  for await (const piece of body as AsyncIterable<unknown>) if (piece instanceof Uint8Array) yield piece;
}
