import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { goKey } from './go-set.mjs';
import { chosenServers } from './install.mjs';
import { goVersionOf, pythonVersionOf, setsOf } from './pins.mjs';
import { pythonKey } from './python-set.mjs';

const usualPath = process.env.PATH;
let programs;

beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), 'tollkeeper-programs-'));
});

afterEach(() => {
  process.env.PATH = usualPath;
  rmSync(programs, { recursive: true, force: true });
});

/** Makes a program that prints something the only one of its kind on PATH. */
function onlyProgram(name, text) {
  writeFileSync(join(programs, name), `#!/bin/sh\necho '${text}'\n`);
  chmodSync(join(programs, name), 0o755);
  process.env.PATH = programs;
}

describe('the sets of servers', () => {
  it('are all installed unless some are named', () => {
    expect(setsOf([]).map(({ name }) => name)).toEqual(expect.arrayContaining(['nats', 'mongo', 'dapr', 'etcd', 'kubernetes', 'kwok', 'helm']));
    expect(setsOf(['mongo', 'nats']).map(({ name }) => name)).toEqual(['nats', 'mongo']);
    expect(() => setsOf(['natz'])).toThrow(/no set of servers is called natz\n {2}mend: choose from nats, mongo/);
  });

  it.each(setsOf([]).map((set) => [set.name, set]))('%s pins its version', (_, set) => {
    expect(set.kind === 'go' ? goVersionOf(set) : pythonVersionOf(set)).toMatch(/^\d+\.\d+\.\d+(?:b\d+|-\d{14}-[0-9a-f]{12})?$/);
  });
});

describe('the command line', () => {
  it.each([
    [['libs/adapters', '-t', 'redelivers'], { names: [], rest: ['libs/adapters', '-t', 'redelivers'] }],
    [['--servers', 'nats,mongo', 'libs/adapters'], { names: ['nats', 'mongo'], rest: ['libs/adapters'] }],
    [['libs/adapters', '--servers=nats'], { names: ['nats'], rest: ['libs/adapters'] }],
  ])('%j chooses servers and leaves the rest to jest', (argv, chosen) => {
    expect(chosenServers(argv)).toEqual(chosen);
  });

  it('refuses to choose none', () => {
    expect(() => chosenServers(['--servers'])).toThrow(/--servers names no server/);
  });
});

describe('what has to be there to build', () => {
  const [nats] = setsOf(['nats']);
  const [mongo] = setsOf(['mongo']);

  it('says which Go to install when there is none', async () => {
    process.env.PATH = programs;
    await expect(goKey(nats)).rejects.toThrow(/building nats needs Go, which cannot be run[\s\S]*mend: install Go 1\.26 or later from https:\/\/go\.dev/);
  });

  it('says which Go to install when it is too old', async () => {
    onlyProgram('go', 'go1.22.3\nlinux\namd64');
    await expect(goKey(nats)).rejects.toThrow(/needs Go 1\.26, and Go on PATH is go1\.22\.3/);
  });

  it('builds again after a change of Go', async () => {
    onlyProgram('go', 'go1.26.8\nlinux\namd64');
    const key = await goKey(nats);
    onlyProgram('go', 'go1.27\nlinux\namd64');
    expect(await goKey(nats)).not.toBe(key);
  });

  it('says which Python to install when none fits, and what was found', async () => {
    onlyProgram('python3', '3.9.2 /usr x86_64');
    await expect(pythonKey(mongo)).rejects.toThrow(/needs Python 3\.11, 3\.12, 3\.13 with venv; found: python3 is 3\.9\.2; python3\.11 cannot [\s\S]*apt-get install python3 python3-venv/);
  });

  it('takes the first Python that fits', async () => {
    onlyProgram('python3', '3.14.0 /usr x86_64');
    onlyProgram('python3.12', '3.12.1 /opt x86_64');
    expect(await pythonKey(mongo)).toMatch(/^[0-9a-f]{16}$/);
  });
});
