import { type Entry, type Instant, type Json, nextEntry, toCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import { type AccountState, encodeState } from './account-state.js';
import type { Account, AccountStore } from './account-store.js';

/** What a pure decision wants written to a device account. */
export interface AccountDraft {
  readonly kind: string;
  readonly body: Json;
  readonly state: AccountState;
}

export interface AccountCommand<R> {
  readonly chain: string;
  /** Same chain and cause: same entry, for ever. */
  readonly cause: string;
  readonly now: Instant;
  /** Pure; may run again when another writer was faster. `reply` stands for whatever nothing is written for. */
  decide(account: Account): { readonly draft: AccountDraft | undefined; readonly reply: R };
}

export interface Written<R> {
  /** The entry that this cause made, now or earlier. */
  readonly entry: Entry | undefined;
  readonly fresh: boolean;
  /** What the decision replied; undefined when the entry was there before. */
  readonly reply: R | undefined;
  readonly account: Account;
}

export interface WritePorts {
  readonly chains: ChainStore;
  readonly accounts: AccountStore;
  /** Work that follows entries: views and facts. It does not fail; what could not be done is done by the sweeper. */
  followUp(entries: readonly Entry[]): Promise<void>;
}

/** Rounds in which another writer was faster, before giving up. */
const mostRounds = 50;

/**
 * Writes one entry to each of many accounts (terms, blocks, closings) with one append. Idempotent by cause. Replies stand in
 * the order of the commands, which are for different accounts.
 */
export async function writeAccounts<R>(ports: WritePorts, commands: readonly AccountCommand<R>[]): Promise<Written<R>[]> {
  const written: Written<R>[] = new Array<Written<R>>(commands.length);
  let left = commands.map((_, index) => index);
  for (let round = 0; left.length > 0; round++) {
    if (round >= mostRounds) throw new Error(`${commands[left[0] ?? 0]?.chain}: other writers were always faster`);
    left = await writeRound(ports, commands, left, written);
  }
  const fresh = written.flatMap(({ entry, fresh: isFresh }) => (entry && isFresh ? [entry] : []));
  if (fresh.length > 0) await ports.followUp(fresh);
  return written;
}

async function writeRound<R>(
  ports: WritePorts,
  commands: readonly AccountCommand<R>[],
  indexes: readonly number[],
  written: Written<R>[],
): Promise<number[]> {
  const turn = indexes.flatMap((index) => {
    const command = commands[index];
    return command ? [{ index, command }] : [];
  });
  // The heads first: whoever uses a cause after its head was read takes the place that this write is going to ask for.
  const accounts = await ports.accounts.reload(turn.map(({ command }) => command.chain));
  const earlier = await Promise.all(turn.map(({ command }) => ports.chains.findCause(command.chain, command.cause)));
  const drafts: { readonly index: number; readonly entry: Entry; readonly account: Account; readonly state: AccountState; readonly reply: R }[] = [];
  for (const [i, { index, command }] of turn.entries()) {
    const account = accounts[i];
    const known = earlier[i];
    if (!account) continue;
    if (account.fault) throw account.fault;
    if (known) {
      written[index] = { entry: known, fresh: false, reply: undefined, account };
      continue;
    }
    const { draft, reply } = command.decide(account);
    if (!draft) {
      written[index] = { entry: undefined, fresh: false, reply, account };
      continue;
    }
    const entry = nextEntry(account.chain, account.hash ? { n: account.n, hash: account.hash } : undefined, {
      bookedAt: command.now,
      cause: command.cause,
      kind: draft.kind,
      body: toCanonicalBytes(draft.body),
      state: encodeState(draft.state),
    });
    drafts.push({ index, entry, account, state: draft.state, reply });
  }
  if (drafts.length === 0) return [];
  const outcomes = await ports.chains.append(drafts.map(({ entry }) => ({ entry, causeIndexed: true, pending: true }))).catch((error: unknown) => {
    for (const { account } of drafts) ports.accounts.drop(account.chain);
    throw error;
  });
  const again: number[] = [];
  for (const [i, { index, entry, account, state, reply }] of drafts.entries()) {
    if (outcomes[i]?.status === 'appended') {
      const next = { ...account, n: entry.n, hash: entry.hash, state };
      ports.accounts.keep(next);
      written[index] = { entry, fresh: true, reply, account: next };
    } else {
      ports.accounts.drop(account.chain);
      again.push(index);
    }
  }
  return again;
}
