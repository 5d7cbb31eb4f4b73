import { type Clock, newId, type Randomness } from '@tollkeeper/kernel';

/** Ids made from one draw: asking the system for randomness costs more than all the rest of an id. */
const idsPerDraw = 256;

/** Gives every request its id. */
export function requestIds(clock: Clock, randomness: Randomness): () => string {
  let pool = new Uint8Array(0);
  let used = 0;
  const drawn: Randomness = {
    bytes: (count) => {
      if (used + count > pool.length) {
        pool = new Uint8Array(randomness.bytes(count * idsPerDraw));
        used = 0;
      }
      used += count;
      return pool.subarray(used - count, used);
    },
  };
  return () => newId('request', clock.now(), drawn);
}
