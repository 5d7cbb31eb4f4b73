import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Answers are kept for replay although they may hold a new key's secret or a person's name. They are sealed with a key
 * derived from the Idempotency-Key itself, which only the caller knows: nobody reads them from the disk.
 */
export function sealAnswer(text: string, tenantId: string, idempotencyKey: string, iv: Uint8Array): string {
  const cipher = createCipheriv(algorithm, keyOf(tenantId, idempotencyKey), iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

/** The text; undefined when the seal does not open, which means that the record is damaged. */
export function openAnswer(sealed: string, tenantId: string, idempotencyKey: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < ivBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, keyOf(tenantId, idempotencyKey), bytes.subarray(0, ivBytes));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

/** Bytes that an initialisation vector needs (NIST SP 800-38D). */
export const sealIvBytes = ivBytes;

function keyOf(tenantId: string, idempotencyKey: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', idempotencyKey, `tollkeeper/${tenantId}`, 'idempotency answer', 32));
}
