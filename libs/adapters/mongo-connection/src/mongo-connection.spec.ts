import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '@tollkeeper/ports';
import fc from 'fast-check';
import { createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { MongoConnection } from './mongo-connection.js';
import { Slots } from './slots.js';
import { behindPrefix, requireWellFormed } from './stored-text.js';

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe('connection to MongoDB', () => {
  it('says that the server cannot be reached, where and why, without the password', async () => {
    const port = await closedPort();
    const opening = MongoConnection.open({ url: `mongodb://teller:s3cret@127.0.0.1:${port}/?directConnection=true`, database: 'books', timeoutMs: 200 });
    const error: unknown = await opening.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(String(error)).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}, database books, could not be opened: .*ECONNREFUSED`));
    expect(String(error)).not.toContain('s3cret');
  });
});

describe('texts as MongoDB sorts them', () => {
  const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const text = fc.string({ unit: 'binary', maxLength: 6 });

  it('finds the end of a prefix: texts that begin with it sort before, all greater ones do not begin with it', () => {
    fc.assert(
      fc.property(text, text, (prefix, other) => {
        const end = behindPrefix(prefix);
        const within = (one: string): boolean => byCodePoint(one, prefix) >= 0 && (end === undefined || byCodePoint(one, end) < 0);
        expect(within(prefix + other)).toBe(true);
        expect(within(other)).toBe(other.startsWith(prefix));
      }),
    );
  });

  it('goes around the surrogates and carries at the last code point', () => {
    expect(behindPrefix('a\ud7ff')).toBe('a\ue000');
    expect(behindPrefix('a\u{10ffff}')).toBe('b');
    expect(behindPrefix('\u{10ffff}')).toBeUndefined();
    expect(behindPrefix('')).toBeUndefined();
  });

  it('refuses a text that would come back as another', () => {
    expect(() => requireWellFormed('a\ud800')).toThrow(RangeError);
    expect(() => requireWellFormed('😀')).not.toThrow();
  });
});

describe('slots', () => {
  it('let no more work run than there are, in the order of the calls, whatever fails', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const work = (i: number) => async (): Promise<number> => {
      begun.push(i);
      most = Math.max(most, ++running);
      await turn();
      running--;
      if (i % 3 === 0) throw new Error(`work ${i} failed`);
      return i;
    };
    const ended = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => slots.run(work(i))));
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(3);
  });
});
