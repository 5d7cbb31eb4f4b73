import { CursorInvalid } from '@tollkeeper/ports';
import { crc32 } from 'node:zlib';

/** What a cursor belongs to: it goes on in no other view, index, or selection. */
export interface CursorContext {
  readonly view: string;
  readonly fields: readonly string[];
  readonly equals: readonly (string | number)[];
}

const checksumBytes = 4;
const pattern = /^[\w-]+$/;

/** The sort keys of the last document of a page. The checksum tells a cut, mistyped or foreign cursor; it is no secret. */
export function toCursor(keys: readonly (string | number)[], context: CursorContext): string {
  const payload = Buffer.from(JSON.stringify(keys), 'utf8');
  const bytes = Buffer.alloc(payload.length + checksumBytes);
  bytes.set(payload);
  bytes.writeUInt32BE(crc32(payload, crc32(JSON.stringify([context.view, context.fields, context.equals]))), payload.length);
  return bytes.toString('base64url');
}

/** @throws CursorInvalid for anything that `toCursor` does not give out in this context */
export function fromCursor(cursor: string, context: CursorContext): readonly (string | number)[] {
  const bytes = pattern.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
  const keys = parsed(bytes.subarray(0, Math.max(0, bytes.length - checksumBytes)).toString('utf8'));
  if (!keys || toCursor(keys, context) !== cursor) throw new CursorInvalid('this is not a cursor that was given out for this query');
  return keys;
}

function parsed(json: string): readonly (string | number)[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((key) => typeof key === 'string' || typeof key === 'number') ? value : undefined;
  } catch {
    return undefined;
  }
}
