#!/usr/bin/env node
/**
 * Installs the real servers that tests run, where they are missing, and prints their versions and places:
 * `node tools/servers/install.mjs`, or `node tools/servers/install.mjs --servers nats,mongo` for some of them.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedEntry } from './cache.mjs';
import { buildGo, goKey } from './go-set.mjs';
import { setsOf } from './pins.mjs';
import { buildPython, pythonKey } from './python-set.mjs';

const kinds = { go: { key: goKey, build: buildGo }, python: { key: pythonKey, build: buildPython } };

/** Splits `--servers nats,mongo` off a command line: the names of sets (none for all), and the other arguments. */
export function chosenServers(argv) {
  const at = argv.findIndex((arg) => arg === '--servers' || arg.startsWith('--servers='));
  if (at < 0) return { names: [], rest: argv };
  const joined = argv[at].startsWith('--servers=');
  const list = joined ? argv[at].slice('--servers='.length) : (argv[at + 1] ?? '');
  const names = list.split(',').filter(Boolean);
  if (names.length === 0) throw new Error('--servers names no server\n  mend: for example --servers nats,mongo');
  return { names, rest: argv.toSpliced(at, joined ? 1 : 2) };
}

/** Installs what is missing of the named sets, all for none; answers each binary by name: `{ path, version }`. */
export async function ensureServers(names) {
  const servers = {};
  for (const set of setsOf(names)) {
    const { key, build } = kinds[set.kind];
    const entry = await cachedEntry({ name: set.name, key: await key(set) }, async (folder, started) => {
      process.stderr.write(`building ${set.name} for the tests (about ${set.seconds} s the first time) …\n`);
      const begun = performance.now();
      const built = await build(set, folder, started);
      process.stderr.write(`built ${set.name} in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
      return built;
    });
    for (const [name, path] of Object.entries(entry.binaries)) servers[name] = { path: join(entry.folder, path), version: entry.versions[name] };
  }
  return servers;
}

/** The value of TOLLKEEPER_SERVERS, by which tests find the binaries: `{"nats-server": "/…/bin/nats-server", …}`. */
export const serversVariable = (servers) => JSON.stringify(Object.fromEntries(Object.entries(servers).map(([name, { path }]) => [name, path])));

/** What was installed, one server a line. */
export function printVersions(servers) {
  const width = Math.max(...Object.keys(servers).map((name) => name.length));
  for (const [name, { version, path }] of Object.entries(servers)) console.log(`${name.padEnd(width)}  ${version.padEnd(20)}  ${path}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    printVersions(await ensureServers(chosenServers(process.argv.slice(2)).names));
  } catch (error) {
    console.error(`tollkeeper: ${error.message}`);
    process.exit(1);
  }
}
