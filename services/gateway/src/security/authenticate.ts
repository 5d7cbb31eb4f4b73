import { hash } from 'node:crypto';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Clock, Problem } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';

const mostKeys = 10_000;
const bearer = /^Bearer +(tk_[A-Za-z0-9_-]{16,200})$/i;

interface Known {
  readonly principal: tenantV1.Principal;
  readonly until: number;
}

/**
 * Tells who calls. The tenant service is asked once per key and `cacheMs`; in between the answer is remembered for at
 * most `mostKeys` keys, the least recently used forgotten first. Keys are known by their SHA-256 only.
 */
export class Authenticator {
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<tenantV1.Principal>>();

  constructor(
    private readonly client: ServiceClient,
    private readonly clock: Clock,
    private readonly cacheMs: number,
  ) {}

  /**
   * The principal itself when it is known, so that the hot path does not wait.
   * @throws Problem `unauthenticated`
   */
  authenticate(authorization: string | undefined): tenantV1.Principal | Promise<tenantV1.Principal> {
    if (authorization === undefined) throw unauthenticated('Send an API key: `Authorization: Bearer tk_…`.');
    const key = bearer.exec(authorization)?.[1];
    if (key === undefined) throw unauthenticated('The Authorization header is not `Bearer tk_…`; send an API key in that form.');
    const keyHash = hash('sha256', key, 'hex');
    const found = this.known.get(keyHash);
    if (found && found.until > this.clock.now()) {
      this.known.delete(keyHash);
      this.known.set(keyHash, found);
      return found.principal;
    }
    return this.asking.get(keyHash) ?? this.ask(keyHash);
  }

  /** Forgets what is remembered of a key, because it was revoked through this process. */
  forget(apiKeyId: string): void {
    for (const [keyHash, { principal }] of this.known) if (principal.apiKeyId === apiKeyId) this.known.delete(keyHash);
  }

  /** Requests that come at once with a key not known yet share one question. */
  private ask(keyHash: string): Promise<tenantV1.Principal> {
    const asked = this.client
      .call(tenantV1.TenantService.method.authenticate, { keyHash })
      .then(
        (principal) => {
          this.remember(keyHash, principal);
          return principal;
        },
        (error: unknown) => {
          this.known.delete(keyHash);
          const unknown = error instanceof Problem && (error.code === 'unauthenticated' || error.code === 'not_found');
          throw unknown ? unauthenticated('This API key does not exist or was revoked; send one that is valid.') : error;
        },
      )
      .finally(() => this.asking.delete(keyHash));
    this.asking.set(keyHash, asked);
    return asked;
  }

  private remember(keyHash: string, principal: tenantV1.Principal): void {
    this.known.delete(keyHash);
    this.known.set(keyHash, { principal, until: this.clock.now() + this.cacheMs });
    if (this.known.size <= mostKeys) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }
}

function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { param: 'Authorization' });
}
