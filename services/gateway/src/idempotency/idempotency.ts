import { hash } from 'node:crypto';
import { type Clock, type Entry, fromCanonicalBytes, type Json, nextEntry, Problem, type Randomness, toCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore, View, ViewDefinition, ViewDocument, ViewStore } from '@tollkeeper/ports';
import { openAnswer, sealAnswer, sealIvBytes } from './sealed-answer.js';

/** An answer as it is sent again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where a request with an Idempotency-Key stands. */
export interface Begun {
  /** Request id of the first request with this key: the cause that services know the command by. */
  readonly cause: string;
  /** The answer that was given before, when there is one. */
  readonly kept: KeptAnswer | undefined;
  /** True when an earlier request with the same key came at least this far. */
  readonly repeated: boolean;
  /** Head of the key's chain. */
  readonly head: Entry;
}

export interface IdempotentRequest {
  readonly tenantId: string;
  readonly key: string;
  readonly requestId: string;
  /** SHA-256 of method, address and body, hexadecimal. */
  readonly requestHash: string;
}

interface BegunState {
  readonly request_hash: string;
  readonly request_id: string;
  readonly status?: number;
}

interface AnswerRecord extends ViewDocument {
  readonly expires_s: number;
  readonly sealed: string;
}

const answers: ViewDefinition = { name: 'idempotency-answers', kind: 'record', indexes: { by_expiry: ['expires_s'] } };

const sweepPage = 500;

/**
 * One chain per Idempotency-Key: entry 1 says which request it stands for, entry 2 that it was answered. Insert-if-absent
 * makes one of several simultaneous requests the first; the others, and those after a crash between the two entries, ask
 * the services again under the cause of the first, which gives the same answer and happens once. The chain holds hashes
 * only; the answer lies sealed in an erasable record for as long as replays are likely.
 */
export class Idempotency {
  private readonly kept: View<AnswerRecord>;

  constructor(
    private readonly ports: { readonly chains: ChainStore; readonly views: ViewStore; readonly clock: Clock; readonly randomness: Randomness },
    private readonly keepMs: number,
  ) {
    this.kept = ports.views.view<AnswerRecord>(answers);
  }

  /** @throws Problem `idempotency_conflict` */
  async begin(request: IdempotentRequest): Promise<Begun> {
    const chain = chainOf(request);
    const [head] = await this.ports.chains.heads([chain]);
    if (head) return this.goOn(request, head);
    const first = nextEntry(chain, undefined, {
      bookedAt: this.ports.clock.now(),
      cause: request.requestId,
      kind: 'requested',
      ...folded({ request_hash: request.requestHash, request_id: request.requestId }),
    });
    const [outcome] = await this.ports.chains.append([{ entry: first, causeIndexed: false, pending: false }]);
    if (outcome?.status === 'taken') return this.goOn(request, outcome.by);
    return { cause: request.requestId, kept: undefined, repeated: false, head: first };
  }

  private async goOn(request: IdempotentRequest, head: Entry): Promise<Begun> {
    const state = fromCanonicalBytes<BegunState>(head.state);
    if (state.request_hash !== request.requestHash) {
      throw new Problem('idempotency_conflict', 'This Idempotency-Key was used for a different request; use a fresh key for each new request.', {
        param: 'Idempotency-Key',
      });
    }
    const kept = head.n > 1 ? await this.open(request) : undefined;
    return { cause: state.request_id, kept, repeated: true, head };
  }

  private async open(request: IdempotentRequest): Promise<KeptAnswer | undefined> {
    const record = await this.kept.get(recordId(request));
    const text = record && openAnswer(record.sealed, request.tenantId, request.key);
    return text === undefined ? undefined : (JSON.parse(text) as KeptAnswer);
  }

  /** Keeps the answer of a request that succeeded. Refusals are not kept: they wrote nothing, and may succeed later. */
  async finish(request: IdempotentRequest, { head }: Begun, answer: KeptAnswer): Promise<void> {
    const now = this.ports.clock.now();
    const sealed = sealAnswer(JSON.stringify(answer), request.tenantId, request.key, this.ports.randomness.bytes(sealIvBytes));
    await this.kept.put([{ id: recordId(request), version: 1, expires_s: Math.ceil((now + this.keepMs) / 1000), sealed }]);
    if (head.n > 1) return;
    const state = fromCanonicalBytes<BegunState>(head.state);
    const entry = nextEntry(head.chain, head, {
      bookedAt: now,
      cause: `${state.request_id}/answer`,
      kind: 'answered',
      ...folded({ ...state, status: answer.status }),
    });
    await this.ports.chains.append([{ entry, causeIndexed: false, pending: false }]);
  }

  /** Removes the answers whose time is over; returns how many. The services still know the causes. */
  async sweep(): Promise<number> {
    const to = Math.floor(this.ports.clock.now() / 1000);
    let removed = 0;
    for (;;) {
      const { items } = await this.kept.list({ index: 'by_expiry', equals: [], to, limit: sweepPage });
      await this.kept.remove(items.map((item) => item.id));
      removed += items.length;
      if (items.length < sweepPage) return removed;
    }
  }
}

/** @throws Problem `invalid_request` when the header is not 1 to 255 printable ASCII characters */
export function assertIdempotencyKey(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('invalid_request', 'Idempotency-Key is 1 to 255 printable ASCII characters without spaces; a random UUID serves well.', {
    param: 'Idempotency-Key',
  });
}

/** Names a request for comparison: the same method, address and body give the same hash. */
export function requestHash(method: string, url: string, body: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${method} ${url}\n`), body]), 'hex');
}

/** Chains of the operator, who has no tenant, stand under this name. */
const operatorFolder = 'platform';

function recordId({ tenantId, key }: IdempotentRequest): string {
  return `${tenantId === '' ? operatorFolder : tenantId}/${hash('sha256', key, 'hex')}`;
}

function chainOf(request: IdempotentRequest): string {
  return `idempotency/${recordId(request)}`;
}

/** The state says all that the entry does. */
function folded(state: BegunState): { readonly body: Uint8Array; readonly state: Uint8Array } {
  const bytes = toCanonicalBytes(state as unknown as Json);
  return { body: bytes, state: bytes };
}
