import { Problem } from '@tollkeeper/kernel';
import { type ActorReply, ActorUnreachable, StoreUnavailable } from '@tollkeeper/ports';

/** The outputs of calls that must all succeed. @throws Problem `unavailable` when it is worth trying again, else what the first failed with */
export function allDone<O>(replies: readonly ActorReply<O>[]): readonly O[] {
  return replies.map((reply) => {
    if (reply.status === 'done') return reply.output;
    const { error } = reply;
    if (error instanceof StoreUnavailable || error instanceof ActorUnreachable) {
      throw new Problem('unavailable', 'Some device accounts cannot be reached now; try again with the same cause.', { retryAfterS: 1 });
    }
    throw error;
  });
}
