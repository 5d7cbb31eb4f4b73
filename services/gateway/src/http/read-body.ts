import type { JsonValue } from '@bufbuild/protobuf';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Problem } from '@tollkeeper/kernel';
import type { FastifyRequest } from 'fastify';
import type { GatewayLimits } from '../gateway.options.js';
import { mediaTypeOf } from './media-types.js';
import type { JsonBody, RawBody, Route } from './route.js';
import { parseStrictJson } from './strict-json.js';

const unzip = promisify(gunzip);

const jsonMediaType = 'application/json';

/** Bytes that a body may have when unpacked. */
export function bodyLimit(route: Route, limits: GatewayLimits): number {
  const { body } = route;
  if (body?.kind === 'raw') return limits[body.limit];
  return body?.kind === 'json' && body.also ? limits.importBytes : limits.jsonBytes;
}

/** The bytes of the body, unpacked when they came gzipped. Nothing more than `limit` is ever unpacked. */
export async function readBytes(request: FastifyRequest, limit: number): Promise<Buffer> {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return bytes;
  if (encoding !== 'gzip') {
    throw new Problem('unsupported_media_type', `Content-Encoding ${encoding} is not understood; send gzip or nothing.`, { param: 'Content-Encoding' });
  }
  try {
    return await unzip(bytes, { maxOutputLength: limit });
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Problem('payload_too_large', `The body unpacks to more than ${limit} bytes; send less at once.`);
    }
    throw new Problem('invalid_request', 'The body is not whole gzip data, as Content-Encoding says; pack it again.', { param: 'Content-Encoding' });
  }
}

/** @throws Problem `unsupported_media_type` that lists what is taken */
function assertMediaType(contentType: string | undefined, taken: readonly string[]): string {
  const type = mediaTypeOf(contentType);
  if (taken.includes(type)) return type;
  const given = type === '' ? 'There is no Content-Type' : `Content-Type ${type} is not taken here`;
  throw new Problem('unsupported_media_type', `${given}; send ${taken.join(' or ')}.`, { param: 'Content-Type' });
}

/** JSON in any of the representations that the route takes, not validated yet. */
export async function readJson(body: JsonBody, request: FastifyRequest, bytes: Buffer): Promise<JsonValue> {
  if (bytes.length === 0 && body.optional) return {};
  const also = body.also ?? [];
  const type = assertMediaType(request.headers['content-type'], [jsonMediaType, ...also.map((one) => one.mediaType)]);
  const other = also.find((one) => one.mediaType === type);
  return other ? other.parse(bytes) : parseStrictJson(bytes);
}

export function assertRawType(body: RawBody, request: FastifyRequest): void {
  if (body.mediaTypes) assertMediaType(request.headers['content-type'], body.mediaTypes);
}
