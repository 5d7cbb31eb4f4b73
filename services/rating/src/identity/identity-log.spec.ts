import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { type Entry, nextEntry } from '@tollkeeper/kernel';
import { encodePage } from '../pages/page.js';
import { RecentPages } from '../pages/recent-pages.js';
import { isDigestPage } from './digest.js';
import { fingerprint } from './fingerprint.js';
import { FingerprintTables } from './fingerprint-table.js';
import { type IdentityHead, IdentityLog } from './identity-log.js';

const chain = 'device/ten_x/D1';
const hourMs = 3_600_000;
const lateWindowMs = 35 * 24 * hourMs;

describe('the identity log', () => {
  let folder: string;
  let chains: LevelChainStore;
  let reads = 0;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'identity-'));
    chains = await LevelChainStore.open({ folder });
  });
  afterEach(async () => {
    await chains.close();
    await rm(folder, { recursive: true });
  });

  const counted = () => {
    reads = 0;
    return new Proxy(chains, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name === 'read') {
          return (...range: Parameters<LevelChainStore['read']>) => {
            reads++;
            return target.read(...range);
          };
        }
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  };
  const fresh = (window = lateWindowMs) => new IdentityLog(new RecentPages(counted(), 0), new FingerprintTables(0), window);

  /** Writes pages of two events, `stepMs` apart, with digests as the log makes them. */
  async function write(pages: number, stepMs: number): Promise<IdentityHead> {
    const log = fresh();
    let head: IdentityHead = { chain, n: 1, pages: 0, lastDigest: 0, events: 0 };
    let last: Entry = nextEntry(chain, undefined, { bookedAt: 0, cause: 'c', kind: 'terms_set', body: new Uint8Array(), state: new Uint8Array() });
    let waiting = [last];
    const flush = async () => {
      await chains.append(waiting.map((entry) => ({ entry, causeIndexed: false, pending: false })));
      waiting = [];
    };
    for (let page = 1; page <= pages; page++) {
      const now = page * stepMs;
      if (isDigestPage(page)) await flush();
      const digest = isDigestPage(page) ? await log.nextDigest(head, now) : undefined;
      const event = (i: number) => ({ id: `${page}-${i}`, source: 's', meter: 'm', time: now, quantity: '1', key: '', dimensions: undefined, ordinal: i, receiptId: 'r' });
      const n = head.n + 1;
      const body = encodePage({ catalogue: 1, events: [event(0), event(1)], charges: [], digest }, n);
      last = nextEntry(chain, last, { bookedAt: now, cause: 'c', kind: 'usage_posted', body, state: new Uint8Array() });
      waiting.push(last);
      head = { chain, n, pages: page, lastDigest: digest ? n : head.lastDigest, events: head.events + 2 };
    }
    await flush();
    return head;
  }

  const findAll = (log: IdentityLog, head: IdentityHead, now: number, pages: readonly number[]) =>
    log.candidates(head, now, new Set(pages.map((page) => fingerprint('s', `${page}-1`))));

  it('finds events in any page of thousands, through digests and merged digests, with few reads', async () => {
    const head = await write(4300, 60_000);
    const pages = [1, 2, 63, 64, 65, 1000, 4032, 4095, 4096, 4097, 4159, 4160, 4161, 4300];
    const found = await findAll(fresh(), head, 4300 * 60_000, pages);
    for (const page of pages) expect(found).toContain(page + 1);
    expect(found.size).toBeLessThan(pages.length + 3);
    expect(reads).toBeLessThan(10);
    expect((await findAll(fresh(), head, 4300 * 60_000, [9999])).size).toBeLessThan(2);
  }, 30_000);

  it('does not read what was booked before the late window', async () => {
    const head = await write(1000, hourMs);
    const now = 1000 * hourMs;
    const found = await findAll(fresh(), head, now, [161, 500, 999]);
    expect([...found].sort((a, b) => a - b)).toEqual([162, 501, 1000]);
    await findAll(fresh(48 * hourMs), head, now, [999]);
    expect(reads).toBeLessThan(5);
  }, 30_000);
});
