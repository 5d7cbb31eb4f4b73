/**
 * The last numbers of recently used chains, written ones included, so that an append to a known chain needs no read.
 * Two generations: when the younger is full it becomes the older and the older one is forgotten, but never before
 * everything in it is durable: the number of an entry on its way to the disk must not be forgotten.
 */
export class HeadCache {
  private young = new Map<string, number>();
  private old = new Map<string, number>();
  /** Groups numbered up to here may still have entries in the older generation. */
  private oldNeedsGroup = 0;
  /** Changes whenever something is forgotten: a read begun before must not be put in afterwards. */
  private forgotten = 0;

  constructor(private readonly capacity: number) {}

  get epoch(): number {
    return this.forgotten;
  }

  get(chain: string): number | undefined {
    return this.young.get(chain) ?? this.old.get(chain);
  }

  set(chain: string, n: number): void {
    this.young.set(chain, n);
  }

  /** Puts in what was read from the disk in the same epoch; a number that grew meanwhile stays. */
  learn(chain: string, n: number): void {
    const known = this.get(chain);
    if (known === undefined || known < n) this.young.set(chain, n);
  }

  /** @param durableGroup all groups up to this one are durable; @param openGroup the last one that has entries. */
  shrink(durableGroup: number, openGroup: number): void {
    if (this.young.size < this.capacity || durableGroup < this.oldNeedsGroup) return;
    this.old = this.young;
    this.young = new Map();
    this.oldNeedsGroup = openGroup;
    this.forgotten++;
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
    this.forgotten++;
  }
}
