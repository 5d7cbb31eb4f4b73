import type { Instant } from '@tollkeeper/kernel';
import type { ActorMethodContract, EntryRef } from '@tollkeeper/ports';
import type { Refusal } from '../events/batch-tracker.js';
import { decodeBookInput, encodeBookInput } from '../pages/book-input.codec.js';
import type { PageEvent } from '../pages/page-events.js';
import type { Block } from './account-state.js';
import type { CloseReason } from './close-account.js';
import type { ClosedBody } from './closed-body.js';
import type { DeviceTerms } from './device-terms.js';

/** The actor type is wire identity: it never changes. */
export const deviceAccountType = 'device-account';

export interface BookInput {
  readonly tenantId: string;
  readonly device: string;
  /** When the newest of the events was received, on the tenant's clock: booking is never earlier, whatever clock it is done by. */
  readonly receivedMs: Instant;
  readonly events: readonly PageEvent[];
}

/** What became of one event of a page. */
export const eventOutcome = { booked: 0, duplicate: 1, refused: 2 } as const;

export interface BookOutput {
  /** One `eventOutcome` for each event, in their order. */
  readonly outcomes: Uint8Array;
  /** Why, for each event that was refused, by its index. */
  readonly refusals: ReadonlyMap<number, Refusal>;
}

interface Command {
  readonly tenantId: string;
  readonly device: string;
  readonly cause: string;
  readonly now: Instant;
}

export interface ApplyTermsInput extends Command {
  readonly terms: DeviceTerms;
}

export interface CloseInput extends Command {
  readonly reason: CloseReason;
  readonly until: Instant;
  readonly everything: boolean;
  readonly belowMinimum: boolean;
  /** A request that reads the lines from the reply; otherwise a fact tells them. */
  readonly asked: boolean;
  readonly preview: boolean;
}

export type CloseOutput =
  | { readonly status: 'closed'; readonly n: number; readonly hash: string; readonly body: ClosedBody }
  | { readonly status: 'held'; readonly amount: string }
  | { readonly status: 'nothing' };

export interface SetBlockInput extends Command {
  readonly blocked: boolean;
  readonly reason: string;
  /** The entry that asks for it; an older one of the same chain, told late, changes nothing. Absent for a person's request. */
  readonly askedBy?: EntryRef;
}

/** Undefined `customerId` for a device that no contract covers. */
export interface BlockOutput {
  readonly customerId: string | undefined;
  readonly block: Block | undefined;
  /** Since when the account stands, for one that was never blocked. */
  readonly since: Instant;
}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

function jsonCodec<T>() {
  return {
    encode: (value: T): Uint8Array => utf8.encode(JSON.stringify(value)),
    decode: (bytes: Uint8Array): T => JSON.parse(fromUtf8.decode(bytes)) as T,
  };
}

function contract<I, O>(method: string): ActorMethodContract<I, O> {
  return { actorType: deviceAccountType, method, input: jsonCodec<I>(), output: jsonCodec<O>() };
}

interface BookOutputJson {
  readonly outcomes: readonly number[];
  readonly refusals: readonly (readonly [number, Refusal])[];
}

const bookOutputJson = jsonCodec<BookOutputJson>();

export const bookContract: ActorMethodContract<BookInput, BookOutput> = {
  actorType: deviceAccountType,
  method: 'book',
  input: { encode: encodeBookInput, decode: decodeBookInput },
  output: {
    encode: ({ outcomes, refusals }) => bookOutputJson.encode({ outcomes: [...outcomes], refusals: [...refusals] }),
    decode: (bytes) => {
      const { outcomes, refusals } = bookOutputJson.decode(bytes);
      return { outcomes: Uint8Array.from(outcomes), refusals: new Map(refusals) };
    },
  },
};

export const applyTermsContract = contract<ApplyTermsInput, { readonly n: number }>('apply_terms');
export const closeContract = contract<CloseInput, CloseOutput>('close');
export const setBlockContract = contract<SetBlockInput, BlockOutput>('set_block');

export type Book = typeof bookContract;

export function actorId(tenantId: string, device: string): string {
  return `${tenantId}/${device}`;
}
