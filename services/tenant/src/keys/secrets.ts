import { createHmac, hash } from 'node:crypto';

export const secretBytes = 32;

/**
 * A secret of 256 bits that the same purpose gives again: HMAC-SHA-256 (RFC 2104) under the installation's secret. So a
 * retried request shows the same key, and none is stored in clear. The parts are told apart by their lengths.
 */
export function deriveSecret(installationSecret: Uint8Array, ...purpose: readonly string[]): Buffer {
  const mac = createHmac('sha256', installationSecret);
  for (const part of purpose) mac.update(`${Buffer.byteLength(part)}:`).update(part);
  return mac.digest();
}

/** SHA-256 in hexadecimal: what is kept of an API key, and what the gateway asks with. */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'hex');
}
