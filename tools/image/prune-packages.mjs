/**
 * Removes what no process reads from a node_modules folder: `node prune-packages.mjs node_modules`. Types, source maps, and binaries for other
 * platforms; licences stay.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const unread = /\.(?:map|d\.[cm]?ts|tsbuildinfo)$/;
const prebuilt = /\/prebuilds\/([a-z0-9]+)-([a-z0-9+]+)\//;

/** Folders of binaries are called after a platform and one or more processors: `darwin-x64+arm64`. */
const isForHere = ([, platform, processors]) => platform === process.platform && processors.split('+').includes(process.arch);

const [folder] = process.argv.slice(2);
let removed = 0;
for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!file.isFile()) continue;
  const path = join(file.parentPath, file.name);
  const place = prebuilt.exec(path);
  if (!unread.test(file.name) && (!place || isForHere(place))) continue;
  rmSync(path);
  removed += 1;
}
console.log(`removed ${removed} files that no process reads`);
