import { type Entry, type Instant, nextEntry } from '@tollkeeper/kernel';
import type { ActorCall, ActorReply, AppendRequest, ChainStore } from '@tollkeeper/ports';
import type { RefusalReason } from '../events/batch-tracker.js';
import { type Digest, isDigestPage } from '../identity/digest.js';
import { fingerprint } from '../identity/fingerprint.js';
import type { IdentityHead, IdentityLog } from '../identity/identity-log.js';
import { findEvents, readPrints } from '../pages/page.js';
import type { PageEvent } from '../pages/page-events.js';
import type { RecentPages } from '../pages/recent-pages.js';
import type { AccountState } from './account-state.js';
import { type Account, type AccountStore, deviceChain } from './account-store.js';
import { isThresholdReached } from './close-account.js';
import { type BookInput, type BookOutput, eventOutcome } from './device-account.contract.js';
import { beginWork, judge, refuse, resolveRepeats, type Work } from './book-work.js';
import { buildPage } from './build-page.js';
import { identityKey, type TimeWindow } from './sort-events.js';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';

export interface BookPorts {
  readonly chains: ChainStore;
  readonly accounts: AccountStore;
  readonly identity: IdentityLog;
  readonly recent: RecentPages;
  readonly window: TimeWindow;
  now(tenantId: string): Instant;
  catalogue(tenantId: string): Promise<RatingCatalogue>;
  /** The same, read anew. */
  newestCatalogue(tenantId: string): Promise<RatingCatalogue>;
  /** Told of pages after which an account holds its threshold. */
  onThreshold(entries: readonly Entry[]): Promise<void>;
}

/** Rounds in which another writer was faster, before the caller is asked to come again. */
const mostRounds = 20;

/**
 * Books pages of many accounts with one read and one write: load the heads, drop what the accounts have, price the rest,
 * append one entry each. Where another activation was faster, the account is read again and its page done again.
 */
export async function bookPages(ports: BookPorts, calls: readonly ActorCall<BookInput>[]): Promise<ActorReply<BookOutput>[]> {
  const replies: ActorReply<BookOutput>[] = new Array<ActorReply<BookOutput>>(calls.length);
  const unjudged: Unjudged = new Map();
  let left = calls.map((_, index) => index);
  for (let round = 0; left.length > 0 && round < mostRounds; round++) {
    left = await bookRound(ports, calls, left, replies, unjudged);
  }
  for (const index of left) replies[index] = { status: 'failed', error: new Error(`device ${calls[index]?.input.device}: other writers were always faster`) };
  if (unjudged.size > 0) await bookUnjudged(ports, calls, replies, unjudged);
  return replies;
}

/** Call → indexes of events that stand behind a refused one of the same identity, and are judged in a page of their own. */
type Unjudged = Map<number, readonly number[]>;

/** A page less: each sitting settles at least the first event of every identity, so that this ends. */
async function bookUnjudged(ports: BookPorts, calls: readonly ActorCall<BookInput>[], replies: ActorReply<BookOutput>[], unjudged: Unjudged): Promise<void> {
  const sittings = [...unjudged].flatMap(([index, places]) => {
    const call = calls[index];
    const reply = replies[index];
    if (!call || reply?.status !== 'done') return [];
    const events = places.map((at) => call.input.events[at]).filter((event) => event !== undefined);
    return [{ index, places, output: reply.output, call: { id: call.id, input: { ...call.input, events } } }];
  });
  const judged = await bookPages(ports, sittings.map(({ call }) => call));
  for (const [i, { index, places, output }] of sittings.entries()) {
    const reply = judged[i];
    if (reply?.status !== 'done') {
      // The page comes again as a whole; its account recognises what it has.
      if (reply) replies[index] = reply;
      continue;
    }
    const refusals = new Map(output.refusals);
    for (const [k, at] of places.entries()) {
      output.outcomes[at] = reply.output.outcomes[k] ?? eventOutcome.refused;
      const refusal = reply.output.refusals.get(k);
      if (refusal) refusals.set(at, refusal);
    }
    replies[index] = { status: 'done', output: { outcomes: output.outcomes, refusals } };
  }
}

async function bookRound(
  ports: BookPorts,
  calls: readonly ActorCall<BookInput>[],
  indexes: readonly number[],
  replies: ActorReply<BookOutput>[],
  unjudged: Unjudged,
): Promise<number[]> {
  const inputs = indexes.map((index) => calls[index]?.input).filter((input) => input !== undefined);
  const accounts = await ports.accounts.load(inputs.map((input) => deviceChain(input.tenantId, input.device)));
  const catalogues = new Map<string, RatingCatalogue>();
  for (const tenantId of new Set(inputs.map((input) => input.tenantId))) catalogues.set(tenantId, await ports.catalogue(tenantId));
  const works: Work[] = [];
  const waiting: Promise<void>[] = [];
  const isolate = (index: number, step: () => void | Promise<void>): void => {
    const fail = (error: unknown) => (replies[index] = { status: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    try {
      const result = step();
      if (result) waiting.push(result.catch((error: unknown) => void fail(error)));
    } catch (error) {
      fail(error);
    }
  };
  for (let i = 0; i < inputs.length; i++) {
    const index = indexes[i] ?? 0;
    const input = inputs[i];
    const account = accounts[i];
    if (!input || !account) continue;
    isolate(index, () => {
      if (account.fault) throw account.fault;
      const work = beginWork(index, input, account, Math.max(ports.now(input.tenantId), input.receivedMs), ports.window);
      works.push(work);
      const catalogue = catalogues.get(input.tenantId);
      const looking = work.sorted.doubtful.length > 0 ? resolveDoubtful(ports, work) : undefined;
      // A page at a time from its first look to its entry: by the next one, its events have left the processor's caches.
      return looking ? looking.then(() => price(ports, work, catalogue)) : price(ports, work, catalogue);
    });
  }
  if (waiting.length > 0) await Promise.all(waiting);
  const built = works.filter((work) => !replies[work.index]);
  const outdated = await pricedTooEarly(ports, built, catalogues);
  const again = await append(ports, outdated.size > 0 ? built.filter((work) => !outdated.has(work)) : built, replies, unjudged);
  return outdated.size > 0 ? [...again, ...[...outdated].map((work) => work.index)] : again;
}

/** Refusals that a meter or a price which has just been put would have spared. */
const catalogueRefusals: ReadonlySet<RefusalReason> = new Set(['unknown_meter', 'no_price', 'currency_mismatch']);

/** Nothing is refused for want of a meter or a price before the catalogue was read once more: another process may have put it. */
async function pricedTooEarly(ports: BookPorts, works: readonly Work[], used: ReadonlyMap<string, RatingCatalogue>): Promise<ReadonlySet<Work>> {
  const doubted = works.filter(({ refusals }) => refusals.size > 0 && [...refusals.values()].some(({ reason }) => catalogueRefusals.has(reason)));
  const outdated = new Set<Work>();
  for (const tenantId of new Set(doubted.map(({ input }) => input.tenantId))) {
    const { n } = await ports.newestCatalogue(tenantId);
    if (n === used.get(tenantId)?.n) continue;
    for (const work of doubted) if (work.input.tenantId === tenantId) outdated.add(work);
  }
  return outdated;
}

/** Looks the doubtful events up in the account's own pages; at once where memory tells that they are in none. */
function resolveDoubtful(ports: BookPorts, work: Work): void | Promise<void> {
  const { account, input, sorted } = work;
  const prints = new Set<number>();
  for (const at of sorted.doubtful) {
    const event = input.events[at];
    if (event) prints.add(fingerprint(event.source, event.id));
  }
  const atHand = ports.identity.candidatesAtHand(identityHead(account), prints);
  if (atHand?.size !== 0) return compareWithPages(ports, work, prints, atHand);
}

async function compareWithPages(ports: BookPorts, work: Work, prints: ReadonlySet<number>, atHand: ReadonlySet<number> | undefined): Promise<void> {
  const { account, input, sorted } = work;
  const pages = atHand ?? (await ports.identity.candidates(identityHead(account), work.now, prints));
  if (pages.size === 0) return;
  const booked = new Map<string, PageEvent>();
  for (const entry of await Promise.all([...pages].map((n) => ports.recent.read(account.chain, n)))) {
    for (const event of findEvents(entry.body, entry.n, prints)) booked.set(identityKey(event.source, event.id), event);
  }
  const known = new Map<number, PageEvent>();
  for (const at of sorted.doubtful) {
    const event = input.events[at];
    const earlier = event && booked.get(identityKey(event.source, event.id));
    if (!event || !earlier) continue;
    known.set(at, earlier);
    judge(work, at, event, earlier);
  }
  if (known.size === 0) return;
  work.known = known;
  work.fresh = work.fresh.filter((at) => !known.has(at));
}

function identityHead(account: Account): IdentityHead {
  const { state } = account;
  return { chain: account.chain, n: account.n, pages: state?.pages ?? 0, lastDigest: state?.lastDigest ?? 0, events: state?.events ?? 0 };
}

/** Makes the entry; at once, unless the page is one that carries a digest. */
function price(ports: BookPorts, work: Work, catalogue: RatingCatalogue | undefined): void | Promise<void> {
  const { state } = work.account;
  if (!state || !catalogue || work.fresh.length === 0) return;
  if (!isDigestPage(state.pages + 1)) return build(ports, work, state, catalogue, undefined);
  return ports.identity.nextDigest(identityHead(work.account), work.now).then((digest) => build(ports, work, state, catalogue, digest));
}

function build(ports: BookPorts, work: Work, state: AccountState, catalogue: RatingCatalogue, digest: Digest | undefined): void {
  const { account, input, now } = work;
  const events = work.fresh.length === input.events.length ? input.events : work.fresh.map((at) => input.events[at]).filter((event) => event !== undefined);
  const page = buildPage({ state, n: account.n + 1, now, lateWindowMs: ports.window.lateMs, catalogue, events, digest });
  for (const [i, refusal] of page.refusals) refuse(work, work.fresh[i] ?? 0, refusal);
  const first = page.booked[0];
  if (!first) return;
  const entry = nextEntry(account.chain, account.hash ? { n: account.n, hash: account.hash } : undefined, {
    bookedAt: now,
    cause: `${first.receiptId}#${first.ordinal}`,
    kind: 'usage_posted',
    body: page.body,
    state: page.stateBytes,
  });
  work.entry = entry;
  work.next = { ...account, n: entry.n, hash: entry.hash, state: page.state };
}

async function append(ports: BookPorts, works: readonly Work[], replies: ActorReply<BookOutput>[], unjudged: Unjudged): Promise<number[]> {
  const requests: AppendRequest[] = [];
  const thresholds: Entry[] = [];
  for (const { entry, next } of works) {
    if (!entry || !next?.state) continue;
    const pending = isThresholdReached(next.state);
    requests.push({ entry, causeIndexed: false, pending });
  }
  const outcomes = requests.length > 0 ? await appendOrForget(ports, works, requests) : [];
  const again: number[] = [];
  let at = 0;
  for (const work of works) {
    if (work.entry && work.next) {
      const request = requests[at];
      const outcome = outcomes[at++];
      if (outcome?.status !== 'appended') {
        ports.accounts.drop(work.account.chain);
        ports.identity.forget(work.account.chain);
        again.push(work.index);
        continue;
      }
      ports.accounts.keep(work.next);
      ports.recent.keep(work.entry);
      remember(ports, work);
      if (request?.pending) thresholds.push(work.entry);
    }
    const open = resolveRepeats(work);
    if (open.length > 0) unjudged.set(work.index, open);
    replies[work.index] = { status: 'done', output: { outcomes: work.outcomes, refusals: work.refusals } };
  }
  if (thresholds.length > 0) await ports.onThreshold(thresholds);
  return again;
}

/** After a failed append nobody knows what stands: what is cached may be behind the chain. */
async function appendOrForget(ports: BookPorts, works: readonly Work[], requests: readonly AppendRequest[]) {
  try {
    return await ports.chains.append(requests);
  } catch (error) {
    for (const { account } of works) {
      ports.accounts.drop(account.chain);
      ports.identity.forget(account.chain);
    }
    throw error;
  }
}

function remember(ports: BookPorts, work: Work): void {
  if (!work.entry || !ports.identity.isCached(work.account.chain)) return;
  const pages = work.next?.state?.pages ?? 0;
  ports.identity.appended(work.account.chain, work.entry.n, pages, readPrints(work.entry.body));
}
