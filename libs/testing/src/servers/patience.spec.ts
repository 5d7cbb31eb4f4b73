import { describe, expect, it } from '@jest/globals';
import { patiently } from './patience.js';

describe('patience', () => {
  it('answers what it saw, as soon as there is something', async () => {
    let looks = 0;
    const seen = await patiently(() => {
      looks += 1;
      return looks === 3 && 'ready';
    }, { pollMs: 1 });
    expect([seen, looks]).toEqual(['ready', 3]);
  });

  it('takes errors for not yet, and throws the last one when the time is over', async () => {
    let looks = 0;
    const failing = () => Promise.reject(new Error(`refused ${(looks += 1)} times`));
    await expect(patiently(failing, { timeoutMs: 20, pollMs: 5 })).rejects.toThrow(/refused \d+ times/);
    expect(looks).toBeGreaterThan(2);
  });

  it('says what did not happen', async () => {
    await expect(patiently(() => false, { timeoutMs: 5, pollMs: 1, otherwise: 'no leader was chosen' })).rejects.toThrow('no leader was chosen within 5 ms');
  });

  it('does not count the time in which the machine stood still', async () => {
    let looks = 0;
    const standsStillOnce = async () => {
      looks += 1;
      if (looks === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_600);
      return looks === 5;
    };
    await patiently(standsStillOnce, { timeoutMs: 3_200, pollMs: 1 });
    expect(looks).toBe(5);
  });
});
