/**
 * 32 bits of an event's identity inside its account: FNV-1a over source, a separator and id, then the finaliser of
 * MurmurHash3, so that counted ids spread over the whole range. Equal identities have equal fingerprints; the other way
 * round the page itself decides.
 */
export function fingerprint(source: string, id: string): number {
  let hash = hashOfSource(source);
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

let lastSource = '';
let lastSourceHash = Math.imul(0x811c9dc5 ^ 0xffff, 0x01000193);

/** Events of one source come one after the other: what is the same for all of them is computed once. */
function hashOfSource(source: string): number {
  if (source === lastSource) return lastSourceHash;
  let hash = 0x811c9dc5;
  for (let i = 0; i < source.length; i++) hash = Math.imul(hash ^ source.charCodeAt(i), 0x01000193);
  lastSource = source;
  lastSourceHash = Math.imul(hash ^ 0xffff, 0x01000193);
  return lastSourceHash;
}

/** The order in which counted ids grow: by length, then by code units. */
export function isGreaterId(id: string, than: string): boolean {
  return id.length === than.length ? id > than : id.length > than.length;
}
