import type { Fingerprints } from './digest.js';

const smallest = 64;

/** Bytes of one slot: a fingerprint and the number of its page. */
const bytesPerSlot = 8;

/**
 * Fingerprint → entries, open addressing in two typed arrays: eight bytes a slot and no object per event. Several entries
 * may share a fingerprint.
 */
export class FingerprintTable {
  /** Pages of the account that it covers. */
  pages = 0;
  private prints: Uint32Array;
  /** 0 marks a free slot: entries count from 1. */
  private entries: Uint32Array;
  private used = 0;

  constructor(expected = 0) {
    let size = smallest;
    while (size < expected * 2) size *= 2;
    this.prints = new Uint32Array(size);
    this.entries = new Uint32Array(size);
  }

  get bytes(): number {
    return this.prints.length * bytesPerSlot;
  }

  add(print: number, page: number): void {
    if ((this.used + 1) * 4 > this.prints.length * 3) this.grow();
    const mask = this.prints.length - 1;
    let slot = print & mask;
    while (this.entries[slot] !== 0) {
      if (this.prints[slot] === print && this.entries[slot] === page) return;
      slot = (slot + 1) & mask;
    }
    this.prints[slot] = print;
    this.entries[slot] = page;
    this.used++;
  }

  addAll({ prints, pages }: Fingerprints): void {
    for (let i = 0; i < prints.length; i++) this.add(prints[i] ?? 0, pages[i] ?? 0);
  }

  /** Adds the entries of this fingerprint to `into`, which is made when there are any. */
  find(print: number, into: Set<number> | undefined): Set<number> | undefined {
    const mask = this.prints.length - 1;
    let found = into;
    for (let slot = print & mask; this.entries[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.prints[slot] === print) (found ??= new Set()).add(this.entries[slot] ?? 0);
    }
    return found;
  }

  private grow(): void {
    const { prints, entries } = this;
    this.prints = new Uint32Array(prints.length * 2);
    this.entries = new Uint32Array(prints.length * 2);
    this.used = 0;
    for (let i = 0; i < prints.length; i++) {
      const page = entries[i] ?? 0;
      if (page !== 0) this.add(prints[i] ?? 0, page);
    }
  }
}

/** Tables of the accounts that lately had doubtful events; the least lately used go when together they outgrow the bound. */
export class FingerprintTables {
  private readonly tables = new Map<string, { readonly table: FingerprintTable; bytes: number }>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(chain: string): FingerprintTable | undefined {
    const held = this.tables.get(chain);
    if (!held) return undefined;
    this.tables.delete(chain);
    this.tables.set(chain, held);
    return held.table;
  }

  put(chain: string, table: FingerprintTable): void {
    this.drop(chain);
    this.tables.set(chain, { table, bytes: table.bytes });
    this.bytes += table.bytes;
    this.shrink();
  }

  /** Whether there is one, without counting as a use of it. */
  has(chain: string): boolean {
    return this.tables.has(chain);
  }

  /** Told after an account's table was added to. */
  touched(chain: string): void {
    const held = this.tables.get(chain);
    if (!held || held.bytes === held.table.bytes) return;
    this.bytes += held.table.bytes - held.bytes;
    held.bytes = held.table.bytes;
    this.shrink();
  }

  drop(chain: string): void {
    const held = this.tables.get(chain);
    if (!held) return;
    this.tables.delete(chain);
    this.bytes -= held.bytes;
  }

  private shrink(): void {
    for (const chain of this.tables.keys()) {
      if (this.bytes <= this.maxBytes) return;
      this.drop(chain);
    }
  }
}
