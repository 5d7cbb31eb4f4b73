import { expect, it } from '@jest/globals';
import { deliveryId, waitAfter } from './delivery.js';

it('waits longer after each attempt, ten attempts in about two days, and names the same delivery the same', () => {
  const middle = { bytes: () => Uint8Array.of(127) };
  const waits = Array.from({ length: 10 }, (_, i) => waitAfter(i + 1, middle));
  const hours = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0) / 3_600_000;
  expect(waits.at(-1)).toBeUndefined();
  expect(hours).toBeGreaterThan(47);
  expect(hours).toBeLessThan(50);
  expect(deliveryId('evt_1', 'whk_1')).toBe(deliveryId('evt_1', 'whk_1'));
  expect(deliveryId('evt_1', 'whk_1')).toMatch(/^dlv_[0-9a-z]{26}$/);
});
