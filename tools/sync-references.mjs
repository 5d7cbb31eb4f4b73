#!/usr/bin/env node
/**
 * Writes each package's tsconfig.json with the project references that its imports need, and the root tsconfig.json
 * that builds them all. `--check` only compares, and exits 1 when a file is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageFolders, sourceFiles, workspaceRoot } from './workspace.mjs';

const check = process.argv.includes('--check');
const stale = [];
const folders = packageFolders();
const folderOf = new Map(folders.map((f) => [JSON.parse(readFileSync(join(workspaceRoot, f, 'package.json'), 'utf8')).name, f]));

function put(file, value) {
  const text = JSON.stringify(value, null, 2) + '\n';
  const path = join(workspaceRoot, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (check) stale.push(file);
  else writeFileSync(path, text);
}

for (const folder of folders) {
  const needs = new Set();
  for (const file of sourceFiles(folder)) {
    for (const [, name] of readFileSync(join(workspaceRoot, file), 'utf8').matchAll(/(?:from|import\(|import) '(@tollkeeper\/[a-z-]+)/g)) {
      if (folderOf.has(name) && folderOf.get(name) !== folder) needs.add(name);
    }
  }
  put(join(folder, 'tsconfig.json'), {
    extends: relative(folder, 'tsconfig.base.json'),
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
    include: ['src'],
    references: [...needs].sort().map((name) => ({ path: relative(folder, folderOf.get(name)) })),
  });
}
put('tsconfig.json', { files: [], references: folders.map((path) => ({ path })) });

if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}\nmend: node tools/sync-references.mjs`);
  process.exit(1);
}
