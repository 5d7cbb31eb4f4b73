import { createInbox, type Msg } from '@nats-io/transport-node';
import { Problem } from '@tollkeeper/kernel';
import { answerHeaders, partsAtOnce, type RequestPorts } from './wire.js';

/**
 * Takes a request that is larger than one message: tells the caller where its parts are awaited, a few at a time, and puts
 * them together. They come from one connection to one, so in order.
 * @throws Problem `unavailable` when the caller stops sending
 */
export function receiveParts({ connection, timers, limits }: RequestPorts, message: Msg, count: number): Promise<Uint8Array> {
  const inbox = createInbox();
  const parts: Uint8Array[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  let cancel = (): void => undefined;
  const awaitMore = (): void => {
    cancel();
    cancel = timers.after(limits.silenceMs, () => reject(new Problem('unavailable', 'The rest of the request did not come; send it again.', { retryAfterS: 1 })));
  };
  const ask = (): void => void message.respond(undefined, { headers: answerHeaders('send'), reply: inbox });
  const subscription = connection.subscribe(inbox, {
    callback: (error, part) => {
      if (error) return reject(error);
      parts.push(part.data);
      if (parts.length === count) return resolve(Buffer.concat(parts));
      awaitMore();
      if (parts.length % partsAtOnce === 0) ask();
    },
  });
  awaitMore();
  ask();
  return promise.finally(() => {
    cancel();
    subscription.unsubscribe();
  });
}
