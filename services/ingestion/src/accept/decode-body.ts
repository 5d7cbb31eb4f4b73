import { Problem } from '@tollkeeper/kernel';
import { isAscii, isUtf8 } from 'node:buffer';
import { gunzip } from 'node:zlib';
import type { IntakeLimits } from './intake-limits.js';

/** How the records stand in a body. */
export type BodyForm = 'one' | 'list' | 'either' | 'lines';

const forms: ReadonlyMap<string, BodyForm> = new Map([
  ['application/cloudevents+json', 'one'],
  ['application/cloudevents-batch+json', 'list'],
  ['application/json', 'either'],
  ['application/x-ndjson', 'lines'],
  ['application/ndjson', 'lines'],
]);

/** @throws Problem unsupported_media_type */
export function bodyFormOf(contentType: string): BodyForm {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const form = forms.get(type);
  if (!form) {
    const given = type === '' ? 'No content type was given' : `${type.slice(0, 80)} is not understood`;
    throw new Problem('unsupported_media_type', `${given}; send ${[...forms.keys()].slice(0, 4).join(', ')}.`, {
      param: 'Content-Type',
    });
  }
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new Problem('unsupported_media_type', `The charset ${charset.slice(0, 40)} is not understood; JSON is UTF-8.`, {
      param: 'Content-Type',
    });
  }
  return form;
}

/** The bytes that were meant. @throws Problem payload_too_large, unsupported_media_type, invalid_request for damaged gzip */
export async function inflateBody(body: Uint8Array, encoding: string, limits: IntakeLimits): Promise<Uint8Array> {
  if (body.length > limits.bodyBytes)
    throw tooLarge(`The body has ${body.length} bytes; at most ${limits.bodyBytes} are taken. Send it in parts.`);
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return body;
    case 'gzip':
    case 'x-gzip':
      return inflate(body, limits);
    default:
      throw new Problem(
        'unsupported_media_type',
        `The content encoding ${encoding.slice(0, 40)} is not understood; send gzip or none.`,
        { param: 'Content-Encoding' },
      );
  }
}

function inflate(body: Uint8Array, limits: IntakeLimits): Promise<Uint8Array> {
  const byRatio = Math.max(1 << 16, body.length * limits.inflationRatio);
  const maxOutputLength = Math.min(limits.inflatedBytes, byRatio);
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength }, (error, result) => {
      if (!error) return resolve(result);
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        const why =
          byRatio < limits.inflatedBytes
            ? `more than ${limits.inflationRatio} times its size`
            : `more than ${limits.inflatedBytes} bytes`;
        return reject(tooLarge(`The gzip body unpacks to ${why}; send it in parts.`));
      }
      reject(
        new Problem('invalid_request', 'The body is not whole gzip data: it is damaged or cut short.', {
          param: 'Content-Encoding',
        }),
      );
    });
  });
}

function tooLarge(detail: string): Problem {
  return new Problem('payload_too_large', detail);
}

/** @throws Problem invalid_json when the bytes are not UTF-8, or begin with a byte order mark (RFC 8259, section 8.1). */
export function toText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    buffer.length >= 2 &&
    (buffer.readUInt16BE() === 0xefbb || buffer.readUInt16BE() === 0xfffe || buffer.readUInt16BE() === 0xfeff)
  ) {
    throw new Problem('invalid_json', 'The body begins with a byte order mark; send UTF-8 without one.', {
      position: 0,
      line: 1,
      column: 1,
    });
  }
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  const position = firstInvalidUtf8(buffer);
  throw new Problem('invalid_json', `The body is not UTF-8: the byte at position ${position} belongs to no character.`, {
    position,
  });
}

/** Byte offset of the first replacement character that the decoder put in and the sender did not write. */
function firstInvalidUtf8(buffer: Buffer): number {
  const text = buffer.toString('utf8');
  let offset = 0;
  for (let from = 0, at = text.indexOf('\uFFFD'); at >= 0; from = at + 1, at = text.indexOf('\uFFFD', from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    const isWritten = buffer[offset] === 0xef && buffer[offset + 1] === 0xbf && buffer[offset + 2] === 0xbd;
    if (!isWritten) return offset;
    offset += 3;
  }
  return offset;
}
