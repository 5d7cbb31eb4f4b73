import { CursorInvalid } from '@tollkeeper/ports';
import { crc32 } from 'node:zlib';
import type { KeyRange } from './ordered-keys.js';

const checksumBytes = 4;
const pattern = /^[\w-]+$/;

/** Says behind which key the next page begins. The checksum tells a cut or mistyped cursor; it is no secret. */
export function toCursor(key: Uint8Array): string {
  const bytes = Buffer.alloc(key.length + checksumBytes);
  bytes.set(key);
  bytes.writeUInt32BE(crc32(key), key.length);
  return bytes.toString('base64url');
}

/**
 * The key of a cursor. A key outside of what the query asks for comes from another query; so nobody reads by a cursor
 * what the query would not show.
 * @throws CursorInvalid
 */
export function fromCursor(cursor: string, range: KeyRange): Buffer {
  const bytes = pattern.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
  const length = bytes.length - checksumBytes;
  if (length <= 0 || toCursor(bytes.subarray(0, length)) !== cursor) throw new CursorInvalid('this is not a cursor that was given out');
  const key = bytes.subarray(0, length);
  if (Buffer.compare(key, range.gte) < 0 || Buffer.compare(key, range.lt) >= 0) throw new CursorInvalid('the cursor belongs to another query');
  return key;
}
