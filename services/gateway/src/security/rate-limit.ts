import { Problem } from '@tollkeeper/kernel';
import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Timers } from '@tollkeeper/ports';
import type { RateLimitOptions, RateLimitPeers } from '../gateway.options.js';

/** Other processes hear of the requests here so often: a key may use up as much more in that time. */
const tellEveryMs = 1_000;

/**
 * Counts the requests of each API key, in fixed windows, and tells them in the RateLimit headers of
 * draft-ietf-httpapi-ratelimit-headers. Several processes of the gateway count together, a second late.
 */
export class RateLimit {
  private readonly limiter: RateLimiterMemory;
  private readonly policy: string;
  private readonly peers: RateLimitPeers | undefined;
  private untold = new Map<string, number>();
  private cancelTelling: (() => void) | undefined;

  constructor(
    { requests, windowS, peers }: RateLimitOptions,
    private readonly timers: Timers,
  ) {
    this.limiter = new RateLimiterMemory({ points: requests, duration: windowS });
    this.policy = `"key";q=${requests};w=${windowS}`;
    this.peers = peers;
    peers?.hear((counts) => {
      for (const [apiKeyId, count] of counts) void this.limiter.penalty(apiKeyId, count);
    });
    if (peers) this.tellLater(peers);
  }

  stop(): void {
    this.cancelTelling?.();
  }

  private tellLater(peers: RateLimitPeers): void {
    this.cancelTelling = this.timers.after(tellEveryMs, () => {
      if (this.untold.size > 0) peers.tell(this.untold);
      this.untold = new Map();
      this.tellLater(peers);
    });
  }

  /** @throws Problem `rate_limited` */
  async count(apiKeyId: string, reply: FastifyReply): Promise<void> {
    if (this.peers) this.untold.set(apiKeyId, (this.untold.get(apiKeyId) ?? 0) + 1);
    try {
      this.tell(reply, await this.limiter.consume(apiKeyId));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      this.tell(reply, refused);
      const retryAfterS = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      throw new Problem('rate_limited', `This key has used up its requests; wait ${retryAfterS} s, or send more events per request.`, { retryAfterS });
    }
  }

  private tell(reply: FastifyReply, state: RateLimiterRes): void {
    reply.header('ratelimit-policy', this.policy);
    reply.header('ratelimit', `"key";r=${state.remainingPoints};t=${Math.ceil(state.msBeforeNext / 1000)}`);
  }
}
