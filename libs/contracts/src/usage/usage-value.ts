/**
 * What travels on the bus topic `usage`, as plain values: the messages `UsageBatch` and `UsageEvent` of
 * proto/tollkeeper/usage/v1 without a runtime, because this path carries every event. An event also names its receipt, which
 * travels once for the batch, so that it goes on its way through pages as the object that it is.
 */
export interface UsageEventValue {
  /** Unique within its source and tenant. */
  readonly id: string;
  readonly source: string;
  /** The tenant's own reference of the device. */
  readonly device: string;
  readonly meter: string;
  /** When it was measured: whole milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  /** Decimal string; a meter that counts takes "1" for "". */
  readonly quantity: string;
  /** What a unique-count meter counts; "" for nothing. */
  readonly key: string;
  /** Undefined and empty are the same on the wire; decoding gives undefined. */
  readonly dimensions: Readonly<Record<string, string>> | undefined;
  /** The batch's own. */
  readonly receiptId: string;
  /** Position in the batch that the caller sent, counted from 0. */
  readonly ordinal: number;
}

export interface UsageBatchValue {
  readonly tenantId: string;
  readonly receiptId: string;
  /** `p0`, `p1` …: the part of the receipt that this batch settles. */
  readonly part: string;
  /** When the batch was received, on the tenant's clock: milliseconds since 1970-01-01T00:00:00Z. */
  readonly receivedMs: number;
  readonly events: readonly UsageEventValue[];
}
