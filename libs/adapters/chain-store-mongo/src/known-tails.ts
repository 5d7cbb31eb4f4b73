/**
 * Numbers up to which chains are known to stand. Entries are never removed, so a number that was once read from or
 * acknowledged by a majority holds for ever; the chain may have grown since. Two generations: when the younger is full it
 * becomes the older one, and that is forgotten, which costs a read and nothing else.
 */
export class KnownTails {
  private young = new Map<string, number>();
  private old = new Map<string, number>();

  /** @param capacity Chains of a generation. */
  constructor(private readonly capacity: number) {}

  get(chain: string): number | undefined {
    return this.young.get(chain) ?? this.old.get(chain);
  }

  learn(chain: string, n: number): void {
    if (n <= (this.get(chain) ?? 0)) return;
    this.young.set(chain, n);
    if (this.young.size < this.capacity) return;
    this.old = this.young;
    this.young = new Map();
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
