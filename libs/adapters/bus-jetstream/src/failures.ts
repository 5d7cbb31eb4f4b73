import { BusFull, StoreUnavailable } from '@tollkeeper/ports';

const retryBusyS = 1;
const retryStorageS = 10;

/** An answer of JetStream that is not the one asked for. Codes: nats-server, `server/errors.json`. */
export class JetStreamRefusal extends Error {
  override readonly name = 'JetStreamRefusal';
  constructor(
    readonly code: number,
    readonly errorCode: number,
    readonly description: string,
    doing: string,
  ) {
    super(`${doing}: JetStream answered ${description} (${code}, ${errorCode})`);
  }

  /** The stream has all the bytes that it may. */
  get isBacklogFull(): boolean {
    return this.errorCode === 10077 && this.description.includes('maximum bytes');
  }
}

/** Store failed; insufficient resources; memory, storage exhausted; limit of the account. */
const storageCodes = new Set([10077, 10023, 10028, 10047, 10122]);
/** Elections, servers that start, a batch that was cut short or not taken up: a moment later it may do. */
const passingCodes = new Set([10008, 10009, 10118, 10167, 10176]);

/** A stream or a consumer of that name exists and is of another kind than the bus needs; nothing was changed. */
export class StreamUnfit extends Error {
  override readonly name = 'StreamUnfit';
}

/** Whether the same may do a moment later: no answer, an election. */
export function isPassing(error: unknown): boolean {
  if (error instanceof StreamUnfit || error instanceof RangeError) return false;
  return !(error instanceof JetStreamRefusal) || passingCodes.has(error.errorCode);
}

/** What a publisher is told. */
export function toPublishFailure(error: unknown, stream: string): Error {
  if (error instanceof StreamUnfit) return error;
  if (!(error instanceof JetStreamRefusal)) {
    return new StoreUnavailable(`stream ${stream} did not acknowledge in time: ${textOf(error)}; see that NATS runs and that its stream has a leader`, { cause: error });
  }
  if (error.isBacklogFull || error.errorCode === 10167) {
    return new BusFull(`stream ${stream} holds all that it may: consumers are behind`, retryBusyS);
  }
  if (storageCodes.has(error.errorCode)) {
    return new BusFull(`stream ${stream} cannot be written: ${error.description}; make room for JetStream's storage`, retryStorageS, 'storage');
  }
  if (isPassing(error)) return new StoreUnavailable(error.message, { cause: error });
  return error;
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
