import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cachedEntry, keyOf } from './cache.mjs';

const usualHome = process.env.XDG_CACHE_HOME;
let home;
let builds;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tollkeeper-cache-'));
  process.env.XDG_CACHE_HOME = home;
  builds = 0;
});

afterEach(() => {
  if (usualHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = usualHome;
  rmSync(home, { recursive: true, force: true });
});

const servers = () => join(home, 'tollkeeper/servers');

async function build(folder) {
  builds += 1;
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/server'), 'a program');
  return { binaries: { server: 'bin/server' }, versions: { server: '1.0.0' } };
}

describe('the cache of servers', () => {
  it('builds an entry once and finds it then', async () => {
    const built = await cachedEntry({ name: 'nats', key: 'aaaa' }, build);
    const found = await cachedEntry({ name: 'nats', key: 'aaaa' }, build);
    expect(found).toEqual(built);
    expect(found).toMatchObject({ folder: join(servers(), 'nats-aaaa'), binaries: { server: 'bin/server' }, versions: { server: '1.0.0' } });
    expect(builds).toBe(1);
  });

  it('builds anew for other pins, beside the old ones', async () => {
    await cachedEntry({ name: 'nats', key: 'aaaa' }, build);
    await cachedEntry({ name: 'nats', key: 'bbbb' }, build);
    expect(readdirSync(servers()).sort()).toEqual(['nats-aaaa', 'nats-bbbb']);
  });

  it('leaves nothing usable behind when a build fails, and starts over', async () => {
    const failing = async (folder) => {
      await build(folder);
      throw new Error('the network is gone');
    };
    await expect(cachedEntry({ name: 'nats', key: 'aaaa' }, failing)).rejects.toThrow('the network is gone');
    expect(existsSync(join(servers(), 'nats-aaaa'))).toBe(false);
    expect((await cachedEntry({ name: 'nats', key: 'aaaa' }, build)).versions).toEqual({ server: '1.0.0' });
  });

  it.each([
    ['a file that was cut off', (entry) => truncateSync(join(entry, 'bin/server'), 3)],
    ['a file that is gone', (entry) => rmSync(join(entry, 'bin/server'))],
    ['a manifest that was cut off', (entry) => truncateSync(join(entry, 'manifest.json'), 5)],
    ['no manifest', (entry) => rmSync(join(entry, 'manifest.json'))],
  ])('builds an entry again that has %s', async (_, spoil) => {
    const { folder } = await cachedEntry({ name: 'nats', key: 'aaaa' }, build);
    spoil(folder);
    await cachedEntry({ name: 'nats', key: 'aaaa' }, build);
    expect(builds).toBe(2);
    expect(readFileSync(join(folder, 'bin/server'), 'utf8')).toBe('a program');
  });

  it('lets one of two builders at once build, and both use what it built', async () => {
    const slow = async (folder) => {
      const built = await build(folder);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return built;
    };
    const entries = await Promise.all([1, 2].map(() => cachedEntry({ name: 'nats', key: 'aaaa' }, slow)));
    expect(entries[0]).toEqual(entries[1]);
    expect(builds).toBe(1);
  });

  it('takes over from a builder that was killed', async () => {
    const killed = await startBuilderThatHangs();
    killed.kill('SIGKILL');
    await cachedEntry({ name: 'nats', key: 'aaaa' }, build);
    expect(readdirSync(servers())).toEqual(['nats-aaaa']);
    expect(readdirSync(join(servers(), 'nats-aaaa')).sort()).toEqual(['bin', 'manifest.json']);
  });

  it('forgets entries of old pins that nobody has used for a month', async () => {
    const key = (letter) => letter.repeat(16);
    const old = await cachedEntry({ name: 'nats', key: key('a') }, build);
    const recent = await cachedEntry({ name: 'nats', key: key('b') }, build);
    const other = await cachedEntry({ name: 'nats-tools', key: key('c') }, build);
    const longAgo = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    for (const entry of [old, other]) utimesSync(entry.folder, longAgo, longAgo);
    const current = await cachedEntry({ name: 'nats', key: key('d') }, build);
    expect(existsSync(old.folder)).toBe(false);
    for (const entry of [recent, other, current]) expect(existsSync(entry.folder)).toBe(true);
  });
});

it('names pins by what they say and where one ends', () => {
  expect(keyOf(['one', 'two'])).toBe(keyOf(['one', 'two']));
  expect(keyOf(['one', 'two'])).not.toBe(keyOf(['onet', 'wo']));
  expect(keyOf(['one'])).toMatch(/^[0-9a-f]{16}$/);
});

/** A process that has begun to build and goes no further. */
function startBuilderThatHangs() {
  const cache = join(dirname(fileURLToPath(import.meta.url)), 'cache.mjs');
  const program = `
    import { writeFileSync } from 'node:fs';
    const { cachedEntry } = await import(${JSON.stringify(cache)});
    await cachedEntry({ name: 'nats', key: 'aaaa' }, async (folder) => {
      writeFileSync(folder + '/half', 'half a program');
      console.log('building');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve) => child.stdout.once('data', () => resolve(child)));
}
