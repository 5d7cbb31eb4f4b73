/**
 * Where built servers are kept, outside of any checkout: `~/.cache/tollkeeper/servers/<set>-<key of its pins>/`. An entry is built into a folder
 * of its own and renamed when it is whole, so that an interrupted build is never used; builds of one entry wait for each other.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { withLock } from '../setup-lock.mjs';

const keptUnusedMs = 30 * 24 * 3600 * 1000;

const cacheRoot = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tollkeeper/servers');

/** A short name for texts: the same for the same texts, in the same order. */
export function keyOf(texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest('hex').slice(0, 16);
}

/** What an entry's manifest tells, `{ binaries: {name: path in the entry}, versions: {name: version} }`; undefined when the entry is missing or spoilt. */
function readEntry(folder) {
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  } catch {
    return undefined;
  }
  // A power cut may leave a file shorter than it was written, and a virtual environment may outlive its interpreter.
  const whole = Object.entries(manifest.sizes).every(([path, size]) => sizeOf(join(folder, path)) === size);
  return whole ? manifest : undefined;
}

function sizeOf(path) {
  return existsSync(path) ? statSync(path).size : undefined;
}

/**
 * The manifest of the entry `<name>-<key>`, building it where it is missing: `build(folder, started)` fills the folder and answers
 * `{ binaries, versions, needs }`, where `needs` are further paths without which the entry is worth nothing.
 */
export async function cachedEntry({ name, key }, build) {
  const folder = join(cacheRoot(), `${name}-${key}`);
  const found = readEntry(folder);
  if (found) return used(folder, found);
  return withLock(`${folder}.lock`, async (started) => {
    const built = readEntry(folder);
    if (built) return used(folder, built);
    const unfinished = `${folder}.building`;
    for (const leftover of [unfinished, folder]) rmSync(leftover, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    const { binaries, versions, needs = [] } = await build(unfinished, started);
    const paths = [...Object.values(binaries), ...needs];
    const sizes = Object.fromEntries(paths.map((path) => [path, statSync(join(unfinished, path)).size]));
    writeFileSync(join(unfinished, 'manifest.json'), JSON.stringify({ binaries, versions, sizes }, null, 2));
    renameSync(unfinished, folder);
    dropUnused(name, folder);
    return used(folder, readEntry(folder));
  }, 'building the same server');
}

function used(folder, manifest) {
  const now = new Date();
  utimesSync(folder, now, now);
  return { ...manifest, folder };
}

/** Renewed pins leave old entries behind; those that no checkout has used for a month go. */
function dropUnused(name, current) {
  for (const entry of readdirSync(cacheRoot())) {
    const folder = join(cacheRoot(), entry);
    if (folder === current || !new RegExp(`^${name}-[0-9a-f]{16}$`).test(relative(cacheRoot(), folder))) continue;
    if (Date.now() - statSync(folder).mtimeMs > keptUnusedMs) rmSync(folder, { recursive: true, force: true });
  }
}
