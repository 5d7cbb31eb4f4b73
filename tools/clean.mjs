#!/usr/bin/env node
/** Removes everything that was installed, built or cached (`npm run clean`); the data folder stays. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolders, workspaceRoot } from './workspace.mjs';

const folders = ['node_modules', 'tools/node_modules', '.nx', '.cache', ...packageFolders().flatMap((folder) => [`${folder}/dist`, `${folder}/node_modules`])];
for (const folder of folders) rmSync(join(workspaceRoot, folder), { recursive: true, force: true });
