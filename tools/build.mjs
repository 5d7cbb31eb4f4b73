#!/usr/bin/env node
/** Builds every package with the native TypeScript compiler; what is up to date is not built again. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from './workspace.mjs';

const tsc = join(workspaceRoot, 'node_modules/@typescript/native/bin/tsc');
const done = spawnSync(process.execPath, [tsc, '-b', ...process.argv.slice(2)], { cwd: workspaceRoot, stdio: 'inherit' });
process.exit(done.status ?? 1);
