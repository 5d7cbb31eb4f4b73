import { hash } from 'node:crypto';
import type { Instant, Randomness } from './clock.js';

/** Crockford's base32: no I, L, O, U, and sorts like the number it writes. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Prefixes of every id on the wire; the prefix says what it names. */
export const idPrefixes = {
  tenant: 'ten',
  apiKey: 'key',
  brand: 'brd',
  billingEntity: 'ent',
  customer: 'cus',
  person: 'per',
  partner: 'par',
  device: 'dev',
  contract: 'con',
  mapping: 'map',
  file: 'fil',
  receipt: 'rcp',
  quarantine: 'qua',
  billRun: 'run',
  invoice: 'inv',
  creditNote: 'crn',
  payment: 'pay',
  agreement: 'agr',
  statement: 'sta',
  webhook: 'whk',
  delivery: 'dlv',
  event: 'evt',
  request: 'req',
} as const;

export type IdKind = keyof typeof idPrefixes;

/** `prefix_` + 26 characters: 48 bits of time in milliseconds, then 80 random bits, so that ids sort by age (like a ULID). */
export function newId(kind: IdKind, now: Instant, randomness: Randomness): string {
  let time = '';
  for (let left = now, i = 0; i < 10; i++, left = Math.floor(left / 32)) time = alphabet.charAt(left % 32) + time;
  let chance = '';
  for (const byte of randomness.bytes(16)) chance += alphabet.charAt(byte & 31);
  return `${idPrefixes[kind]}_${time}${chance}`;
}

/**
 * The id of what a command makes: the command's time and a digest of its cause, so that the same command, sent again,
 * makes the same thing. `index` tells apart several things of one kind made by one command.
 */
export function derivedId(kind: IdKind, tenantId: string, cause: string, index = 0): string {
  const time = /_([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}$/.exec(cause)?.[1] ?? '0000000000';
  const digest = hash('sha256', `${kind}\n${tenantId}\n${cause}\n${index}`, 'buffer');
  let chance = '';
  for (const byte of digest.subarray(0, 16)) chance += alphabet.charAt(byte & 31);
  return `${idPrefixes[kind]}_${time}${chance}`;
}

export function isId(kind: IdKind, text: string): boolean {
  return text.length === 30 && text.startsWith(`${idPrefixes[kind]}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(4));
}
