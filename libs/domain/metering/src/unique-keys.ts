import { hash } from 'node:crypto';

/** Characters of one hashed key: 72 bits of SHA-256, so that 10,000 keys collide once in 10^14 sets. */
const width = 12;

/** How many different keys a meter counts per period before it refuses: 120 kB of state. */
export const maxUniqueKeys = 10_000;

/**
 * An exact set of hashed keys: the codes of earlier pages as one sorted text, searched in place, and those of this
 * page beside it. Sorting makes equal sets equal texts, whatever order the keys came in.
 */
export interface UniqueKeys {
  readonly sorted: string;
  readonly added: Set<string>;
}

export function openUniqueKeys(sorted: string): UniqueKeys {
  return { sorted, added: new Set() };
}

/** False when the key is new and the set is full. */
export function addKey(keys: UniqueKeys, key: string): boolean {
  const code = hash('sha256', key, 'base64url').slice(0, width);
  if (keys.added.has(code) || includes(keys.sorted, code)) return true;
  if (countKeys(keys) >= maxUniqueKeys) return false;
  keys.added.add(code);
  return true;
}

export function countKeys(keys: UniqueKeys): number {
  return keys.sorted.length / width + keys.added.size;
}

/** The sorted text of the whole set. */
export function closeUniqueKeys(keys: UniqueKeys): string {
  if (keys.added.size === 0) return keys.sorted;
  const codes = [...keys.added];
  for (let at = 0; at < keys.sorted.length; at += width) codes.push(keys.sorted.slice(at, at + width));
  return codes.sort().join('');
}

function includes(sorted: string, code: string): boolean {
  let low = 0;
  let high = sorted.length / width;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = sorted.slice(middle * width, middle * width + width);
    if (found === code) return true;
    if (found < code) low = middle + 1;
    else high = middle;
  }
  return false;
}
