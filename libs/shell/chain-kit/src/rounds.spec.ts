import { describe, expect, it } from '@jest/globals';
import { Rounds } from './rounds.js';

function fakeTimers() {
  const waiting: (() => void)[] = [];
  return {
    waiting,
    after(_delayMs: number, work: () => void) {
      waiting.push(work);
      return () => void waiting.splice(waiting.indexOf(work), 1);
    },
  };
}

describe('rounds', () => {
  it('begin at once and come again, also after one that failed', async () => {
    const timers = fakeTimers();
    const failures: unknown[] = [];
    let rounds = 0;
    const work = () => (++rounds === 1 ? Promise.reject(new Error('away')) : Promise.resolve());
    const sweeper = new Rounds(timers, 1000, work, (error) => failures.push(error));
    await sweeper.start();
    timers.waiting.shift()?.();
    await sweeper.stop();
    expect([rounds, failures.length]).toEqual([2, 1]);
  });

  it('end when they are stopped, after the round under way', async () => {
    const timers = fakeTimers();
    let finish: () => void = () => undefined;
    let done = false;
    const work = () => new Promise<void>((resolve) => (finish = resolve)).then(() => void (done = true));
    const sweeper = new Rounds(timers, 1000, work, () => undefined);
    void sweeper.start();
    const stopped = sweeper.stop();
    finish();
    await stopped;
    expect([done, timers.waiting.length]).toEqual([true, 0]);
  });
});
