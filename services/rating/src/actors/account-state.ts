import type { Instant } from '@tollkeeper/kernel';
import { Decimal } from '@tollkeeper/money';
import type { EntryRef } from '@tollkeeper/ports';
import type { RatingState } from '@tollkeeper/rating';
import type { PageCharge } from '../pages/page.js';
import { ByteReader } from '../pages/byte-reader.js';
import { ByteWriter } from '../pages/byte-writer.js';
import type { DeviceTerms } from './device-terms.js';
import { decodeTerms } from './device-terms.codec.js';
import { readRatingState, writeRatingState } from './rating-state.codec.js';

/** First byte of the state of every entry; another number is another layout. */
const layoutVersion = 2;

/** The greatest id that the account has booked from a source: any greater one is new. */
export interface SourceMark {
  readonly source: string;
  readonly greatest: string;
}

/** Sources remembered; events of further ones are always looked up. */
export const mostSources = 8;

/** What is charged and not yet closed, by period, meter, price and window; or a recurring fee. */
export interface PendingLine {
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly meter: string;
  readonly priceList: string;
  readonly effectiveFrom: Instant;
  readonly window: string;
  /** Code of a recurring fee, '' for usage; then `description` is the fee's. */
  readonly fee: string;
  readonly description: string;
  /** True when its period had been closed before. */
  readonly adjustment: boolean;
  readonly quantity: Decimal;
  readonly amount: Decimal;
  readonly events: number;
}

export interface Block {
  readonly reason: string;
  readonly since: Instant;
}

/** Everything about a device account that its next entry needs. Times are 0 for never. */
export interface AccountState {
  readonly terms: DeviceTerms;
  /** The terms as they are written: they hardly change, and every page writes them. */
  readonly termsBytes: Uint8Array;
  readonly blocked: Block | undefined;
  /** The newest entry of the customer's account that asked for a block or for its end. */
  readonly blockAskedBy: EntryRef | undefined;
  readonly openedAt: Instant;
  readonly lastClosedAt: Instant;
  /** Periods that end at or before this are closed: later usage of theirs is an adjustment. */
  readonly closedUntil: Instant;
  /** Recurring fees are charged for the periods up to here. */
  readonly feesUntil: Instant;
  /** When the oldest pending charge was booked. */
  readonly heldSince: Instant;
  readonly pages: number;
  /** Entry of the newest page with a digest, 0 for none. */
  readonly lastDigest: number;
  readonly events: number;
  readonly sources: readonly SourceMark[];
  readonly pending: readonly PendingLine[];
  readonly rated: RatingState;
}

const writer = new ByteWriter();
export function encodeState(state: AccountState): Uint8Array {
  writer.reset();
  writer.byte(layoutVersion);
  writer.bytes(state.termsBytes);
  writer.byte(state.blocked ? 1 : 0);
  if (state.blocked) {
    writer.text(state.blocked.reason);
    writer.signed(state.blocked.since);
  }
  writer.byte(state.blockAskedBy ? 1 : 0);
  if (state.blockAskedBy) {
    writer.text(state.blockAskedBy.chain);
    writer.varint(state.blockAskedBy.n);
  }
  writer.signed(state.openedAt);
  writer.signed(state.lastClosedAt);
  writer.signed(state.closedUntil);
  writer.signed(state.feesUntil);
  writer.signed(state.heldSince);
  writer.varint(state.pages);
  writer.varint(state.lastDigest);
  writer.varint(state.events);
  writer.varint(state.sources.length);
  for (const mark of state.sources) {
    writer.text(mark.source);
    writer.text(mark.greatest);
  }
  writer.varint(state.pending.length);
  for (const line of state.pending) writePending(line);
  writeRatingState(writer, state.rated);
  return writer.finish();
}

function writePending(line: PendingLine): void {
  writer.byte((line.adjustment ? 1 : 0) | (line.fee !== '' ? 2 : 0) | (line.window !== '' ? 4 : 0));
  writer.signed(line.periodStart);
  writer.signed(line.periodEnd - line.periodStart);
  if (line.fee === '') {
    writer.text(line.meter);
    writer.text(line.priceList);
    writer.signed(line.effectiveFrom);
  } else {
    writer.text(line.fee);
    writer.text(line.description);
  }
  if (line.window !== '') writer.text(line.window);
  writer.text(line.quantity.toString());
  writer.text(line.amount.toString());
  writer.varint(line.events);
}

function readPending(reader: ByteReader): PendingLine {
  const flags = reader.byte();
  const isFee = (flags & 2) !== 0;
  const periodStart = reader.signed();
  const periodEnd = periodStart + reader.signed();
  const first = reader.text();
  const second = reader.text();
  const effectiveFrom = isFee ? 0 : reader.signed();
  const window = flags & 4 ? reader.text() : '';
  return {
    periodStart,
    periodEnd,
    meter: isFee ? '' : first,
    priceList: isFee ? '' : second,
    effectiveFrom,
    window,
    fee: isFee ? first : '',
    description: isFee ? second : '',
    adjustment: (flags & 1) !== 0,
    quantity: Decimal.of(reader.text()),
    amount: Decimal.of(reader.text()),
    events: reader.varint(),
  };
}

/** @throws RangeError the bytes are cut short or of a newer layout. */
export function decodeState(bytes: Uint8Array): AccountState {
  const reader = new ByteReader(bytes);
  const layout = reader.byte();
  if (layout !== layoutVersion) throw new RangeError(`account state layout ${layout} is not known; a newer release wrote it`);
  const written = reader.bytes();
  return {
    terms: decodeTerms(written),
    termsBytes: Uint8Array.from(written),
    blocked: reader.byte() === 1 ? { reason: reader.text(), since: reader.signed() } : undefined,
    blockAskedBy: reader.byte() === 1 ? { chain: reader.text(), n: reader.varint() } : undefined,
    openedAt: reader.signed(),
    lastClosedAt: reader.signed(),
    closedUntil: reader.signed(),
    feesUntil: reader.signed(),
    heldSince: reader.signed(),
    pages: reader.varint(),
    lastDigest: reader.varint(),
    events: reader.varint(),
    sources: reader.list(() => ({ source: reader.text(), greatest: reader.text() })),
    pending: reader.list(() => readPending(reader)),
    rated: readRatingState(reader),
  };
}

/** Charged and not closed, exact. */
export function balanceOf(state: AccountState): Decimal {
  let sum = Decimal.zero;
  for (const line of state.pending) sum = sum.plus(line.amount);
  return sum;
}

/** The pending lines with a page's charges added to them. */
export function addCharges(state: AccountState, charges: readonly PageCharge[]): readonly PendingLine[] {
  const pending = [...state.pending];
  for (const charge of charges) {
    const adjustment = charge.periodEnd <= state.closedUntil;
    const at = pending.findIndex(
      (line) =>
        line.periodStart === charge.periodStart &&
        line.meter === charge.meter &&
        line.priceList === charge.priceList &&
        line.effectiveFrom === charge.effectiveFrom &&
        line.window === charge.window &&
        line.adjustment === adjustment &&
        line.periodEnd === charge.periodEnd &&
        line.fee === '',
    );
    const quantity = Decimal.of(charge.quantity);
    const amount = Decimal.of(charge.amount);
    const line = pending[at];
    if (line) {
      pending[at] = {
        ...line,
        quantity: line.quantity.plus(quantity),
        amount: line.amount.plus(amount),
        events: line.events + charge.events,
      };
    } else {
      const { periodStart, periodEnd, meter, priceList, effectiveFrom, window, events } = charge;
      pending.push({ periodStart, periodEnd, meter, priceList, effectiveFrom, window, fee: '', description: '', adjustment, quantity, amount, events });
    }
  }
  return pending;
}
