/**
 * The servers that the tests of the cluster composition run, as sets that are built and cached together. What a set is built from
 * is pinned beside this file, in the folder of its name: a Go module with its sums, or Python requirements with their hashes.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Binaries of one Go module: the name that tests ask for, and the package that is built; `seconds` is a cold build on two cores. */
const goSet = (name, seconds, packages, ldflags = []) => ({ name, kind: 'go', folder: join(here, name), seconds, packages, ldflags });

const serverSets = [
  goSet('nats', 45, { 'nats-server': 'github.com/nats-io/nats-server/v2' }),
  // It speaks MongoDB's wire protocol; the product never depends on it, production is a MongoDB replica set.
  { name: 'mongo', kind: 'python', folder: join(here, 'mongo'), seconds: 15, package: 'secantusdb', binary: 'mongo-server', module: 'secantus.cli' },
];

/** The sets of the given names, all of them for none. */
export function setsOf(names) {
  const unknown = names.filter((name) => !serverSets.some((set) => set.name === name));
  if (unknown.length > 0) {
    throw new Error(`no set of servers is called ${unknown.join(', ')}\n  mend: choose from ${serverSets.map((set) => set.name).join(', ')}`);
  }
  return names.length === 0 ? serverSets : serverSets.filter((set) => names.includes(set.name));
}

/** The version of what a package belongs to, as the set's go.mod requires it, without the leading v. */
export function goVersionOf(set, goPackage) {
  const required = readFileSync(join(set.folder, 'go.mod'), 'utf8').matchAll(/^(?:require)?\s+(\S+) v(\S+)/gm);
  const modules = [...required].filter(([, module]) => goPackage === module || goPackage.startsWith(`${module}/`));
  const [nearest] = modules.sort((a, b) => b[1].length - a[1].length);
  if (!nearest) throw new Error(`${set.folder}/go.mod requires no module that holds ${goPackage}`);
  return nearest[2];
}

/** The version that the set's requirements pin. */
export function pythonVersionOf(set) {
  const pinned = new RegExp(`^${set.package}==(\\S+)`, 'm').exec(readFileSync(join(set.folder, 'requirements.txt'), 'utf8'));
  if (!pinned) throw new Error(`${set.folder}/requirements.txt does not pin ${set.package}`);
  return pinned[1];
}
