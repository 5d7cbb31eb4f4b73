import type { Randomness } from '@tollkeeper/kernel';

/** The mulberry32 generator of Tommy Ettinger (public domain): one 32-bit state, good enough to choose faults with. */
function step(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

/** Everything that happens by chance in a simulated world comes from here, and so from its seed. */
export class Chance implements Randomness {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A stream of its own, so that one more draw here leaves what is drawn there as it was. */
  fork(name: string): Chance {
    let mixed = this.state ^ 0x9e3779b9;
    for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193);
    return new Chance(step(mixed | 0));
  }

  /** 0 ≤ x < 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    return step(this.state) / 4294967296;
  }

  /** An integer, 0 ≤ x < `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** An integer, both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  hits(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.below(list.length)] as T;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const items = [...list];
    for (let left = items.length; left > 1; ) {
      const from = this.below(left--);
      const [moved] = items.splice(from, 1);
      if (moved !== undefined) items.push(moved);
    }
    return items;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
