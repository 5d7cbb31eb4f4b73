/** Limits of the public edge; every one has a default that a person would choose. */
export interface GatewayOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly rateLimit?: Partial<RateLimitOptions>;
  readonly pressure?: Partial<PressureOptions>;
  /** How long an authenticated key is trusted without asking again, in milliseconds; at most 30,000. */
  readonly keyCacheMs?: number;
  /** How long answers to writes are kept for replay, in milliseconds. */
  readonly keepAnswersMs?: number;
  /** What must work before this process takes requests, by name; each rejects when it does not. */
  readonly readiness?: Readonly<Record<string, () => Promise<void>>>;
}

export interface GatewayLimits {
  /** Body of POST /v1/usage as sent, so before it is unpacked. */
  readonly usageBytes: number;
  /** Body of other JSON requests, unpacked. */
  readonly jsonBytes: number;
  /** Price lists and payment files, unpacked. */
  readonly importBytes: number;
  /** One usage file, as sent. */
  readonly fileBytes: number;
}

export interface RateLimitOptions {
  /** Requests of one API key in one window. */
  readonly requests: number;
  readonly windowS: number;
  /** The other processes of the gateway, where there are any: a key's requests count wherever they come in. */
  readonly peers?: RateLimitPeers;
}

/** Tells other processes of the gateway how many requests of each key came in here, and hears the same from them. */
export interface RateLimitPeers {
  tell(counts: ReadonlyMap<string, number>): void;
  hear(listener: (counts: ReadonlyMap<string, number>) => void): void;
}

export interface PressureOptions {
  /** Mean delay of the event loop above which requests are turned away, in milliseconds. */
  readonly eventLoopDelayMs: number;
  /** Bytes of the JavaScript heap above which requests are turned away. */
  readonly heapBytes: number;
  /** How often both are measured, in milliseconds. */
  readonly sampleEveryMs: number;
  /** What is told in Retry-After, in seconds. */
  readonly retryAfterS: number;
}

/** Longest time for which a revoked key may still be let in. */
export const longestKeyCacheMs = 30_000;

/** Injection token of the options. */
export const GATEWAY_OPTIONS = Symbol('GatewayOptions');

const mebibyte = 1024 * 1024;

export const defaultLimits: GatewayLimits = {
  usageBytes: 32 * mebibyte,
  jsonBytes: mebibyte,
  importBytes: 16 * mebibyte,
  fileBytes: 4096 * mebibyte,
};

/** Generous: it protects neighbours from a key that runs wild, and sells nothing. */
export const defaultRateLimit: RateLimitOptions = { requests: 1_200_000, windowS: 60 };

export const defaultKeyCacheMs = 10_000;

const day = 86_400_000;
export const defaultKeepAnswersMs = 7 * day;
