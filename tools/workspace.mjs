/** Where the packages of this workspace are, and which files they hold. Runs on any Node from 20 on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folders with a package.json, relative to the root, as the root's `workspaces` names them. */
export function packageFolders() {
  const { workspaces } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'));
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      if (!existsSync(join(workspaceRoot, parent))) return [];
      return readdirSync(join(workspaceRoot, parent)).map((name) => `${parent}/${name}`);
    })
    .filter((folder) => existsSync(join(workspaceRoot, folder, 'package.json')))
    .sort();
}

/** Every file below a folder, relative to it. */
export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Every TypeScript file of a package, relative to the root. */
export function sourceFiles(folder) {
  return filesUnder(join(workspaceRoot, folder, 'src'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, 'src', file));
}
