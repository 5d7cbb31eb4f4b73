import type { MongoConnection } from '@tollkeeper/mongo-connection';
import type { EntryRef } from '@tollkeeper/ports';
import type { Collection } from 'mongodb';
import type { EntryDocument } from './entry-document.js';

/** Takes the pending marks away, in one bulk write after the other; what is settled meanwhile makes up the next. */
export class SettleGroup {
  private waiting: { readonly refs: readonly EntryRef[]; resolve(): void; reject(reason: unknown): void }[] = [];
  private running = false;

  constructor(
    private readonly connection: MongoConnection,
    private readonly entries: Collection<EntryDocument>,
    private readonly maxEntries: number,
  ) {}

  settle(refs: readonly EntryRef[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ refs, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      const calls = this.waiting.splice(0);
      const refs = calls.flatMap((call) => call.refs);
      try {
        for (let at = 0; at < refs.length; at += this.maxEntries) await this.unmark(refs.slice(at, at + this.maxEntries));
        for (const { resolve } of calls) resolve();
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    this.running = false;
  }

  private async unmark(refs: readonly EntryRef[]): Promise<void> {
    const operations = refs.map(({ chain, n }) => ({ updateOne: { filter: { chain, n }, update: { $unset: { pending: 1 as const } } } }));
    await this.connection.run('settle entries', () => this.entries.bulkWrite(operations, { ordered: false }));
  }
}
