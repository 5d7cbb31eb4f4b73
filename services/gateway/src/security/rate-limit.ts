import { Problem } from '@tollkeeper/kernel';
import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimitOptions } from '../gateway.options.js';

/**
 * Counts the requests of each API key in this process, in fixed windows, and tells them in the RateLimit headers of
 * draft-ietf-httpapi-ratelimit-headers.
 */
export class RateLimit {
  private readonly limiter: RateLimiterMemory;
  private readonly policy: string;

  constructor({ requests, windowS }: RateLimitOptions) {
    this.limiter = new RateLimiterMemory({ points: requests, duration: windowS });
    this.policy = `"key";q=${requests};w=${windowS}`;
  }

  /** @throws Problem `rate_limited` */
  async count(apiKeyId: string, reply: FastifyReply): Promise<void> {
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
