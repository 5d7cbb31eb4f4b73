/** What nobody uses: files, exports and dependencies, found by knip with knip.json. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '../workspace.mjs';

export function deadCodeFindings() {
  const knip = join(workspaceRoot, 'node_modules/knip/bin/knip.js');
  const done = spawnSync(
    process.execPath,
    [knip, '--include', 'files,exports,types,dependencies,unlisted,unresolved', '--no-config-hints', '--reporter', 'compact', '--no-progress'],
    { cwd: workspaceRoot, env: { ...process.env, NODE_OPTIONS: '' }, encoding: 'utf8' },
  );
  if (done.status === 0) return [];
  if (done.status !== 1) throw new Error(`knip ended with ${done.status}: ${done.stdout}${done.stderr}${done.error?.message ?? ''}`);
  return done.stdout.split('\n').filter((line) => line.trim());
}
