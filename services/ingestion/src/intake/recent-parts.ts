import type { CountedPart } from './day-state.js';

/** Entries of a day whose parts are remembered. */
export const recentEntries = 64;

/** The parts that the newest entries of a day counted, by receipt. */
export class RecentParts {
  private readonly entries: (readonly CountedPart[])[] = [];
  private readonly byReceipt = new Map<string, CountedPart[]>();

  add(parts: readonly CountedPart[]): void {
    this.entries.push(parts);
    for (const part of parts) {
      const known = this.byReceipt.get(part.receipt);
      if (known) known.push(part);
      else this.byReceipt.set(part.receipt, [part]);
    }
    if (this.entries.length > recentEntries) this.forget(this.entries.shift() ?? []);
  }

  of(receipt: string): readonly CountedPart[] {
    return this.byReceipt.get(receipt) ?? [];
  }

  private forget(parts: readonly CountedPart[]): void {
    for (const part of parts) {
      const left = this.of(part.receipt).filter((one) => one !== part);
      if (left.length > 0) this.byReceipt.set(part.receipt, left);
      else this.byReceipt.delete(part.receipt);
    }
  }
}
