/** One call for one actor. */
export interface ActorCall<I> {
  readonly id: string;
  readonly input: I;
}

export type ActorReply<O> = { readonly status: 'done'; readonly output: O } | { readonly status: 'failed'; readonly error: Error };

/**
 * A method takes calls for many different actors at once, so that an account's read and write can share a round trip with
 * those of its neighbours, and answers each in the same order. Within one invocation every id occurs once.
 */
export type ActorMethod<I, O> = (calls: readonly ActorCall<I>[]) => Promise<readonly ActorReply<O>[]>;

/** A name, and how its input and output travel when the actor lives in another process. */
export interface ActorMethodContract<I, O> {
  readonly actorType: string;
  readonly method: string;
  readonly input: { encode(value: I): Uint8Array; decode(bytes: Uint8Array): I };
  readonly output: { encode(value: O): Uint8Array; decode(bytes: Uint8Array): O };
}

/** The actor cannot be reached now; nothing is known about whether the call happened. */
export class ActorUnreachable extends Error {
  override readonly name = 'ActorUnreachable';
}

/**
 * Brings calls to the one place where an account is active. As a rule, never as a guarantee, an actor has one call at a
 * time; the append rule of its chain keeps it right when two run at once. An actor keeps nothing but a cache.
 * Conformance suite: `actorHostSuite` in @tollkeeper/testing.
 */
export interface ActorHost {
  register<I, O>(contract: ActorMethodContract<I, O>, method: ActorMethod<I, O>): void;
  /** Called when an actor leaves this process: what it cached must be dropped. */
  onDeactivate(actorType: string, drop: (id: string) => void): void;
  /** Calls for the same actor keep their order. Replies stand in the order of the calls; a call never rejects as a whole. */
  callMany<I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]>;
  /** @throws whatever the method failed with, ActorUnreachable */
  call<I, O>(contract: ActorMethodContract<I, O>, id: string, input: I): Promise<O>;
  /** Takes no new calls and resolves when those that run are done. */
  close(): Promise<void>;
}
