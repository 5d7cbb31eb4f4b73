import { ratingV1 } from '@tollkeeper/contracts';
import type { EmbeddedOptions } from '../options.js';

/** What the thread is started with. */
export interface RatingThreadData {
  /** Rating's own part of the data folder. */
  readonly folder: string;
  readonly pageMs: number;
  readonly logLevel: EmbeddedOptions['logLevel'];
}

/** What passes between the two threads. */
export const wires = { bus: 'bus', toRating: 'to-rating', toMain: 'to-main', clocks: 'clocks', control: 'control' } as const;

/** What the thread tells of itself. */
export type ThreadNotice =
  | { readonly kind: 'ready' | 'closed' }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly stack: string | undefined; readonly code: string | undefined };

/** Whether the request with this pattern is answered in the thread. */
export function isForRating(pattern: string): boolean {
  return pattern.startsWith(`${ratingV1.RatingService.typeName}/`);
}
