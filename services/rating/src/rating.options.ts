import { type BookUsageOptions, defaultBookUsageOptions } from './events/book-usage.js';

/** What the composition decides for this service. */
export interface RatingOptions {
  /** Partitions of the bus topic `usage`; ingestion must be told the same number. */
  readonly usagePartitions: number;
  /** How long usage is gathered before a page is booked, in milliseconds. Default 1000. */
  readonly pageMs?: number;
  readonly book?: Partial<BookUsageOptions>;
  /** Events measured longer ago are refused, and identity is exact for so long. Default 35 days. */
  readonly lateWindowMs?: number;
  /** Events measured further ahead are refused. Default one day. */
  readonly earlyWindowMs?: number;
  /** Device accounts whose head is kept in memory. Default 50,000. */
  readonly maxCachedAccounts?: number;
  /** Memory for looking up events of accounts that send doubtful ones. Default 128 MiB. */
  readonly identityCacheBytes?: number;
  /** Memory for pages booked lately, where most repeated events are found. Default 128 MiB. */
  readonly recentPagesBytes?: number;
}

const dayMs = 86_400_000;

export const defaultLateWindowMs = 35 * dayMs;
export const defaultEarlyWindowMs = dayMs;
export const defaultMaxCachedAccounts = 50_000;
export const defaultIdentityCacheBytes = 128 << 20;
export const defaultRecentPagesBytes = 128 << 20;

/** Long enough that a steady trickle still shares pages, short enough that the last of a burst hardly waits. */
const idleShare = 0.2;

export function bookOptionsOf(options: RatingOptions): BookUsageOptions {
  const pageAgeMs = options.pageMs ?? defaultBookUsageOptions.pageAgeMs;
  const pageIdleMs = Math.ceil(pageAgeMs * idleShare);
  return { ...defaultBookUsageOptions, pageAgeMs, pageIdleMs, ...options.book };
}
