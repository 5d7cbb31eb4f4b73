export interface Backoff {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** From 0 to 1, so that clients that were turned away together do not come back together. */
  readonly chance: () => number;
}

export const defaultBackoff: Backoff = { attempts: 6, firstWaitMs: 250, longestWaitMs: 30_000, chance: Math.random };

/** Turned away, or lost on the way: worth another try. Everything else stays as it is when asked again. */
const passing = new Set([429, 502, 503, 504]);

/**
 * How long to wait before the next try, in milliseconds; undefined when there should be none. Retry-After has precedence;
 * without it the wait doubles from try to try, less up to half of it by chance.
 */
export function waitBefore(attempt: number, backoff: Backoff, refusal: Response | undefined): number | undefined {
  if (attempt >= backoff.attempts) return undefined;
  if (refusal && !passing.has(refusal.status)) return undefined;
  const asked = retryAfterMs(refusal?.headers.get('retry-after') ?? null);
  if (asked !== undefined) return Math.min(asked, backoff.longestWaitMs);
  const full = Math.min(backoff.firstWaitMs * 2 ** (attempt - 1), backoff.longestWaitMs);
  return Math.round(full * (1 - backoff.chance() / 2));
}

/** Seconds, as Tollkeeper writes them; a date (RFC 9110) is for proxies, and left to the doubling. */
function retryAfterMs(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}
