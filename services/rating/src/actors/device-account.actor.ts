import { type Entry, fromCanonicalBytes, type Instant } from '@tollkeeper/kernel';
import type { ActorCall, ActorHost, ActorReply, ChainStore } from '@tollkeeper/ports';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';
import type { IdentityLog } from '../identity/identity-log.js';
import type { AccountFollowUp } from './account-follow-up.js';
import { type Account, type AccountStore, deviceChain } from './account-store.js';
import { bookPages } from './book-pages.js';
import { type CloseRequest, closeAccount, isThresholdReached } from './close-account.js';
import { type ClosedBody, toChargeLines, toClosedBody } from './closed-body.js';
import {
  type ApplyTermsInput,
  applyTermsContract,
  bookContract,
  type BlockOutput,
  type BookInput,
  type BookOutput,
  closeContract,
  type CloseInput,
  type CloseOutput,
  deviceAccountType,
  type SetBlockInput,
  setBlockContract,
} from './device-account.contract.js';
import type { RecentPages } from '../pages/recent-pages.js';
import { blockDraft } from './set-block.js';
import { mustCloseFirst, termsDraft } from './set-terms.js';
import type { TimeWindow } from './sort-events.js';
import { type AccountCommand, type WritePorts, writeAccounts, type Written } from './write-accounts.js';

export interface DeviceAccountPorts {
  readonly chains: ChainStore;
  readonly accounts: AccountStore;
  readonly identity: IdentityLog;
  readonly recent: RecentPages;
  readonly window: TimeWindow;
  now(tenantId: string): Instant;
  catalogue(tenantId: string): Promise<RatingCatalogue>;
  newestCatalogue(tenantId: string): Promise<RatingCatalogue>;
}

/**
 * The device accounts that are active in this process. Each method takes calls for many accounts, so that they share one
 * read and one sync. It keeps nothing but a cache: with a second activation of the same account elsewhere, the chain decides.
 */
export class DeviceAccountActor {
  private followUps: AccountFollowUp | undefined;

  constructor(private readonly ports: DeviceAccountPorts) {}

  register(host: ActorHost, followUps: AccountFollowUp): void {
    this.followUps = followUps;
    host.register(bookContract, (calls) => this.book(calls));
    host.register(applyTermsContract, (calls) => this.applyTerms(calls));
    host.register(closeContract, (calls) => this.close(calls));
    host.register(setBlockContract, (calls) => this.setBlock(calls));
    host.onDeactivate(deviceAccountType, (id) => {
      this.ports.accounts.drop(`device/${id}`);
      this.ports.identity.forget(`device/${id}`);
    });
  }

  book(calls: readonly ActorCall<BookInput>[]): Promise<readonly ActorReply<BookOutput>[]> {
    return bookPages({ ...this.ports, onThreshold: (entries) => this.followUp(entries) }, calls);
  }

  async applyTerms(calls: readonly ActorCall<ApplyTermsInput>[]): Promise<readonly ActorReply<{ readonly n: number }>[]> {
    const inputs = calls.map(({ input }) => input);
    const accounts = await this.ports.accounts.reload(inputs.map(chainOf));
    const leaving = inputs.filter((input, i) => accounts[i]?.state && mustCloseFirst(accounts[i].state, input.terms));
    if (leaving.length > 0) await this.closeMany(leaving.map((input) => finalClose(input)));
    const written = await this.write(
      inputs.map((input) => ({
        chain: chainOf(input),
        cause: input.cause,
        now: input.now,
        decide: ({ state }: Account) => ({ draft: termsDraft(state, input.terms, input.now), reply: undefined }),
      })),
    );
    return written.map(({ entry, account }) => ({ status: 'done', output: { n: entry?.n ?? account.n } }));
  }

  async close(calls: readonly ActorCall<CloseInput>[]): Promise<readonly ActorReply<CloseOutput>[]> {
    const outputs = await this.closeMany(calls.map(({ input }) => input));
    return outputs.map((output) => ({ status: 'done', output }));
  }

  async setBlock(calls: readonly ActorCall<SetBlockInput>[]): Promise<readonly ActorReply<BlockOutput>[]> {
    const written = await this.write(
      calls.map(({ input }) => ({
        chain: chainOf(input),
        cause: input.cause,
        now: input.now,
        decide: ({ state }: Account) => {
          return { draft: state && blockDraft(state, input), reply: undefined };
        },
      })),
    );
    return written.map(({ account: { state } }) => ({
      status: 'done',
      output: { customerId: state?.terms.customerId, block: state?.blocked, since: state?.openedAt ?? 0 },
    }));
  }

  /** For the follow-up of pages: closes those of their accounts that still hold their threshold. */
  async closeAtThreshold(entries: readonly Entry[]): Promise<void> {
    const newest = new Map(entries.map((entry) => [entry.chain, entry]));
    const accounts = await this.ports.accounts.reload([...newest.keys()]);
    const commands = accounts.flatMap(({ chain, state, tenantId, device }) => {
      const entry = newest.get(chain);
      if (!entry || !state || !isThresholdReached(state)) return [];
      const now = Math.max(entry.bookedAt, this.ports.now(tenantId));
      const base = { tenantId, device, cause: `threshold#${entry.n}`, now, until: now };
      return [{ ...base, reason: 'threshold', everything: true, belowMinimum: true, asked: false, preview: false } as const];
    });
    if (commands.length > 0) await this.closeMany(commands);
  }

  private async closeMany(inputs: readonly CloseInput[]): Promise<CloseOutput[]> {
    const catalogues = new Map<string, RatingCatalogue>();
    for (const { tenantId } of inputs) {
      if (!catalogues.has(tenantId)) catalogues.set(tenantId, await this.ports.catalogue(tenantId));
    }
    const written = await this.write(inputs.map((input) => closeCommand(input, catalogues.get(input.tenantId))));
    return written.map(toCloseOutput);
  }

  private write<R>(commands: readonly AccountCommand<R>[]): Promise<Written<R>[]> {
    const ports: WritePorts = { chains: this.ports.chains, accounts: this.ports.accounts, followUp: (entries) => this.followUp(entries) };
    return writeAccounts(ports, commands);
  }

  private async followUp(entries: readonly Entry[]): Promise<void> {
    await this.followUps?.run(entries);
  }
}

function chainOf(input: { readonly tenantId: string; readonly device: string }): string {
  return deviceChain(input.tenantId, input.device);
}

function finalClose({ tenantId, device, cause, now }: ApplyTermsInput): CloseInput {
  const base = { tenantId, device, cause: `${cause}/close`, now, until: now };
  return { ...base, reason: 'final', everything: true, belowMinimum: true, asked: false, preview: false };
}

/** What a close replies when it writes nothing. */
type CloseReply = Exclude<CloseOutput, { readonly status: 'closed' }> | { readonly status: 'closed'; readonly body: ClosedBody };

function closeCommand(input: CloseInput, catalogue: RatingCatalogue | undefined): AccountCommand<CloseReply> {
  const request: CloseRequest = input;
  return {
    chain: chainOf(input),
    cause: input.cause,
    now: input.now,
    decide: ({ device, state }) => {
      if (!state || !catalogue) return { draft: undefined, reply: { status: 'nothing' } };
      if (input.reason === 'threshold' && !isThresholdReached(state)) return { draft: undefined, reply: { status: 'nothing' } };
      const closing = closeAccount(state, request);
      switch (closing.status) {
        case 'nothing':
          return { draft: undefined, reply: { status: 'nothing' } };
        case 'held':
          return { draft: undefined, reply: { status: 'held', amount: closing.amount.toString() } };
        case 'closed': {
          const lines = toChargeLines(device, state, closing.lines, catalogue);
          const { reason, asked, until } = input;
          const body = toClosedBody(state, lines, closing.amount, { reason, asked, until, catalogue: catalogue.n });
          const draft = { kind: 'closed', body: JSON.parse(JSON.stringify(body)), state: closing.state };
          return { draft: input.preview ? undefined : draft, reply: { status: 'closed', body } };
        }
      }
    },
  };
}

function toCloseOutput({ entry, reply }: Written<CloseReply>): CloseOutput {
  if (entry?.kind === 'closed') {
    return { status: 'closed', n: entry.n, hash: Buffer.from(entry.hash).toString('hex'), body: fromCanonicalBytes<ClosedBody>(entry.body) };
  }
  if (reply?.status === 'closed') return { ...reply, n: 0, hash: '' };
  return reply ?? { status: 'nothing' };
}
