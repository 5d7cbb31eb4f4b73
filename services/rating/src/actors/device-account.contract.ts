import type { ActorMethodContract } from '@tollkeeper/ports';
import type { Refusal } from '../events/batch-tracker.js';
import type { PageEvent } from '../pages/page-events.js';

/** The actor type is wire identity: it never changes. */
export const deviceAccountType = 'device-account';

export interface BookInput {
  readonly tenantId: string;
  readonly device: string;
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

export type Book = ActorMethodContract<BookInput, BookOutput>;
