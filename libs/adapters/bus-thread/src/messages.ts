import { BusFull } from '@tollkeeper/ports';

/** A way to and from another thread: what is sent arrives once, whole and in order. A `MessagePort` is one. */
export interface Wire {
  /** Buffers in `transfer` are the other side's from here on. */
  send(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** One listener for each end. */
  listen(listener: (message: unknown) => void): void;
}

export interface WireMessage {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly bytes: Uint8Array;
}

export interface WireDelivery extends WireMessage {
  /** Names the delivery in what is answered about it. */
  readonly key: number;
  readonly partition: number;
  readonly redelivered: boolean;
}

/** From the thread that has no bus of its own. */
export type BusRequest =
  | { readonly kind: 'publish'; readonly call: number; readonly topic: string; readonly partitions: number; readonly partition: number; readonly messages: readonly WireMessage[] }
  | {
      readonly kind: 'subscribe';
      readonly subscription: number;
      readonly topic: string;
      readonly topicPartitions: number;
      readonly group: string;
      readonly partitions: readonly number[] | undefined;
      readonly maxInFlight: number;
    }
  | { readonly kind: 'handled'; readonly batch: number; readonly failure: string | undefined }
  | { readonly kind: 'outcomes'; readonly acks: readonly number[]; readonly retries: readonly (readonly [key: number, delayMs: number])[] }
  | { readonly kind: 'stop'; readonly call: number; readonly subscription: number }
  | { readonly kind: 'lag'; readonly call: number; readonly topic: string; readonly partitions: number; readonly group: string };

/** From the thread that has the bus. */
export type BusReply =
  | { readonly kind: 'done'; readonly call: number; readonly value: number }
  | { readonly kind: 'failed'; readonly call: number; readonly error: WireError }
  | { readonly kind: 'deliver'; readonly subscription: number; readonly batch: number; readonly deliveries: readonly WireDelivery[] };

/** An error as it travels: only what callers tell apart. */
export interface WireError {
  readonly type: 'full' | 'range' | 'other';
  readonly message: string;
  readonly retryAfterS: number;
  readonly lacks: BusFull['lacks'];
}

export function toWireError(error: unknown): WireError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BusFull) return { type: 'full', message, retryAfterS: error.retryAfterS, lacks: error.lacks };
  return { type: error instanceof RangeError ? 'range' : 'other', message, retryAfterS: 0, lacks: 'backlog' };
}

export function fromWireError({ type, message, retryAfterS, lacks }: WireError): Error {
  switch (type) {
    case 'full':
      return new BusFull(message, retryAfterS, lacks);
    case 'range':
      return new RangeError(message);
    case 'other':
      return new Error(message);
  }
}

/** The buffers that may change hands: those that hold nothing but the bytes of one message. */
export function ownBuffers(messages: readonly WireMessage[]): ArrayBuffer[] {
  const own: ArrayBuffer[] = [];
  for (const { bytes } of messages) {
    if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) own.push(bytes.buffer);
  }
  return own;
}
