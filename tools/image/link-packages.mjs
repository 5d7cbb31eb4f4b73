/** Links the packages of the workspace into node_modules, as npm does: `node tools/image/link-packages.mjs`. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageFolders, workspaceRoot } from '../workspace.mjs';

for (const folder of packageFolders()) {
  const { name } = JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8'));
  const link = join(workspaceRoot, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(relative(dirname(link), join(workspaceRoot, folder)), link);
}
