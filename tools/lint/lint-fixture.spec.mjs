/** Proves that the linter refuses what it is there to refuse: a rule that silently stopped working would pass every other check. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { filesUnder, workspaceRoot } from '../workspace.mjs';

const fixture = 'tools/lint-fixture';
const files = filesUnder(join(workspaceRoot, fixture)).filter((file) => file.endsWith('.ts')).map((file) => join(fixture, file));

/** The rules that spoke up, per file. */
let refusals;

beforeAll(() => {
  const nx = join(workspaceRoot, 'node_modules/nx/dist/bin/nx.js');
  const done = spawnSync(process.execPath, [nx, 'run', 'lint-fixture:lint-fixture', '--skip-nx-cache'], {
    cwd: workspaceRoot,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '' },
    encoding: 'utf8',
  });
  if (done.status !== 1) throw new Error(`linting the fixture ended with ${done.status} instead of 1:\n${done.stdout}${done.stderr}`);
  const report = JSON.parse(readFileSync(join(workspaceRoot, '.cache/lint-fixture.json'), 'utf8'));
  refusals = new Map(
    report.map(({ filePath, messages }) => [relative(workspaceRoot, filePath), [...new Set(messages.map((message) => message.ruleId))].sort()]),
  );
}, 180_000);

describe('the linter', () => {
  it.each(files)('judges %s as its first line says', (file) => {
    const [, verdict, rules = ''] = /^\/\/ (refused|accepted)(?:: (.*))?\n/.exec(readFileSync(join(workspaceRoot, file), 'utf8')) ?? [];
    expect(verdict).toBeDefined();
    expect(refusals.get(file)).toEqual(rules.split(' ').filter(Boolean).sort());
  });

  it('fails where there is no project graph, and does not pass by skipping the boundaries', () => {
    const nothing = mkdtempSync(join(tmpdir(), 'tollkeeper-no-graph-'));
    try {
      const done = spawnSync(process.execPath, [join(workspaceRoot, 'node_modules/eslint/bin/eslint.js'), 'libs/ports/src/index.ts'], {
        cwd: workspaceRoot,
        env: { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: nothing, NX_DAEMON: 'false', NODE_OPTIONS: '' },
        encoding: 'utf8',
      });
      expect(done.stdout).toContain('tollkeeper/project-graph');
      expect(done.status).toBe(1);
    } finally {
      rmSync(nothing, { recursive: true, force: true });
    }
  }, 60_000);
});
