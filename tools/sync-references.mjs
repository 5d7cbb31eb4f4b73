#!/usr/bin/env node
/**
 * Writes each package's tsconfig.json with the project references that its imports need, and the root tsconfig.json
 * that builds them all. `--check` only compares, and exits 1 when a file is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolders, sourceFiles, workspaceRoot } from './workspace.mjs';

const importOfPackage = /(?:from|import\(|import) '(@tollkeeper\/[a-z-]+)/g;

/** The packages that the sources of a folder import, as folders, sorted by package name. */
function referencesOf(folder, folderOf) {
  const names = sourceFiles(folder).flatMap((file) =>
    [...readFileSync(join(workspaceRoot, file), 'utf8').matchAll(importOfPackage)].map(([, name]) => name),
  );
  return [...new Set(names)]
    .filter((name) => folderOf.has(name) && folderOf.get(name) !== folder)
    .sort()
    .map((name) => folderOf.get(name));
}

/** Every tsconfig.json as it should be: file → text. */
function wantedFiles() {
  const folders = packageFolders();
  const nameOf = (folder) => JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8')).name;
  const folderOf = new Map(folders.map((folder) => [nameOf(folder), folder]));
  const packages = folders.map((folder) => [
    join(folder, 'tsconfig.json'),
    {
      extends: relative(folder, 'tsconfig.base.json'),
      compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
      include: ['src'],
      references: referencesOf(folder, folderOf).map((other) => ({ path: relative(folder, other) })),
    },
  ]);
  const all = [...packages, ['tsconfig.json', { files: [], references: folders.map((path) => ({ path })) }]];
  return all.map(([file, value]) => [file, `${JSON.stringify(value, null, 2)}\n`]);
}

/** The tsconfig.json files that are not as the imports need them, with the text they should have. */
export function staleReferences() {
  return wantedFiles().filter(([file, text]) => {
    const path = join(workspaceRoot, file);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = staleReferences();
  if (!process.argv.includes('--check')) {
    for (const [file, text] of stale) writeFileSync(join(workspaceRoot, file), text);
  } else if (stale.length > 0) {
    console.error(`stale: ${stale.map(([file]) => file).join(', ')}\n  mend: node tools/sync-references.mjs`);
    process.exitCode = 1;
  }
}
