import { create, toJson } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { type Json, toRfc3339 } from '@tollkeeper/kernel';
import type { Decimal } from '@tollkeeper/money';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';
import type { AccountState, PendingLine } from './account-state.js';
import type { CloseReason } from './close-account.js';

/** What a `closed` entry says; lines are the JSON form of `ChargeLine`. */
export interface ClosedBody {
  readonly reason: CloseReason;
  /** True when a request closed it, and its answer tells so; false when the account closed by itself. */
  readonly asked: boolean;
  readonly customer_id: string;
  readonly contract_id: string;
  readonly currency: string;
  readonly amount: string;
  readonly threshold: string;
  /** Periods that end at or before this are closed. */
  readonly until: string;
  /** Catalogue version that the lines are described from. */
  readonly catalogue: number;
  readonly lines: readonly Json[];
}

/** Lines as they are invoiced: described from the catalogue and the terms, in an order that does not depend on arrival. */
export function toChargeLines(device: string, state: AccountState, lines: readonly PendingLine[], catalogue: RatingCatalogue): ratingV1.ChargeLine[] {
  const { terms } = state;
  return [...lines].sort(compareLines).map((line) => {
    const base = {
      device,
      deviceName: terms.deviceName,
      department: terms.department,
      partnerId: terms.partnerId,
      currency: terms.currency,
      periodStart: toRfc3339(line.periodStart),
      periodEnd: toRfc3339(line.periodEnd),
      quantity: line.quantity.toString(),
      amount: line.amount.toString(),
      adjustment: line.adjustment,
    };
    if (line.fee !== '') return create(ratingV1.ChargeLineSchema, { ...base, fee: line.fee, description: line.description });
    const { meter, priceList, window, events } = line;
    const described = catalogue.describe(priceList, line.effectiveFrom, meter, terms.timeZone, window);
    return create(ratingV1.ChargeLineSchema, { ...base, meter, priceList, window, events, ...described });
  });
}

export function toClosedBody(
  state: AccountState,
  lines: readonly ratingV1.ChargeLine[],
  amount: Decimal,
  close: { readonly reason: CloseReason; readonly asked: boolean; readonly until: number; readonly catalogue: number },
): ClosedBody {
  return {
    reason: close.reason,
    asked: close.asked,
    customer_id: state.terms.customerId,
    contract_id: state.terms.contractId,
    currency: state.terms.currency,
    amount: amount.toString(),
    threshold: state.terms.hold.threshold,
    until: toRfc3339(close.until),
    catalogue: close.catalogue,
    lines: lines.map((line) => toJson(ratingV1.ChargeLineSchema, line, { useProtoFieldName: true }) as Json),
  };
}

function compareLines(a: PendingLine, b: PendingLine): number {
  return (
    a.periodStart - b.periodStart ||
    a.periodEnd - b.periodEnd ||
    compareText(a.fee, b.fee) ||
    compareText(a.meter, b.meter) ||
    compareText(a.priceList, b.priceList) ||
    a.effectiveFrom - b.effectiveFrom ||
    compareText(a.window, b.window) ||
    Number(a.adjustment) - Number(b.adjustment)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
