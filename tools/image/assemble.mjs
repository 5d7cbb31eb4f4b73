/**
 * Lays out what the image adds to its base: `node tools/image/assemble.mjs FOLDER` writes `FOLDER/app`, the compiled packages that services need without
 * their tests, and `FOLDER/usr/local/bin`, a command per service. Everything must be built.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesUnder, packageFolders, workspaceRoot } from '../workspace.mjs';

const [target] = process.argv.slice(2);
if (!target) throw new Error('usage: node tools/image/assemble.mjs FOLDER');

const compiled = (file) => file.endsWith('.js') && !/\.(?:spec|fixture|suite)\.js$/.test(file);
const importOfPackage = /(?:from|import\(|import) ['"](@tollkeeper\/[a-z-]+)/g;
/** A new space of 64 MiB for those that usage streams through: less is copied and promoted. */
const streaming = new Set(['embedded', 'ingestion', 'rating']);

const nameOf = (folder) => JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8')).name;
const folderOf = new Map(packageFolders().map((folder) => [nameOf(folder), folder]));
const programs = packageFolders().filter((folder) => folder.startsWith('services/') && existsSync(join(workspaceRoot, folder, 'dist/main.js')));
if (programs.length === 0) throw new Error('nothing is built\n  mend: node tools/build.mjs');

function importsOf(folder) {
  const dist = join(workspaceRoot, folder, 'dist');
  return filesUnder(dist).filter(compiled).flatMap((file) => [...readFileSync(join(dist, file), 'utf8').matchAll(importOfPackage)].map(([, name]) => folderOf.get(name)).filter(Boolean));
}

/** The folders, and those that they import, over any number of steps. */
function withImports(folders) {
  const needed = new Set();
  const visit = (folder) => {
    if (needed.has(folder)) return;
    needed.add(folder);
    importsOf(folder).forEach(visit);
  };
  folders.forEach(visit);
  return [...needed].sort();
}

/** Code as it was compiled, and the data files beside it: all but sources and what only tests run. */
function copyPackage(folder) {
  for (const file of filesUnder(join(workspaceRoot, folder))) {
    const [top] = file.split('/');
    const isWanted = top === 'dist' ? compiled(file) : !['src', 'crash', 'node_modules', 'tsconfig.json', 'README.md'].includes(top);
    if (isWanted) cpSync(join(workspaceRoot, folder, file), join(target, 'app', folder, file));
  }
  const link = join(target, 'app/node_modules', nameOf(folder));
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), join(target, 'app', folder)), link);
}

/** Replaces itself with Node, which gets the signals then. */
function writeCommand(folder) {
  const service = folder.slice('services/'.length);
  const command = join(target, 'usr/local/bin', service === 'cli' ? 'tollkeeper' : `tollkeeper-${service}`);
  const flags = streaming.has(service) ? '--max-semi-space-size=64 ' : '';
  mkdirSync(dirname(command), { recursive: true });
  writeFileSync(command, `#!/bin/sh\nexec node ${flags}/app/${folder}/dist/main.js "$@"\n`);
  chmodSync(command, 0o755);
}

const packages = withImports(programs);
packages.forEach(copyPackage);
programs.forEach(writeCommand);
for (const file of ['package.json', 'LICENSE']) cpSync(join(workspaceRoot, file), join(target, 'app', file));
console.log(`assembled ${packages.length} packages and ${programs.length} commands`);
