/** Where the packages of this workspace are, and which files they hold. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Files that match a pattern, relative to the root. */
export function filesMatching(pattern) {
  return globSync(pattern, { cwd: workspaceRoot }).sort();
}

/** Every TypeScript file of a package, relative to the root. */
export function sourceFiles(folder) {
  return filesMatching(`${folder}/src/**/*.ts`);
}
