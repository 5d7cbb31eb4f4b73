import { AsyncLocalStorage } from 'node:async_hooks';
import type { Instant } from '@tollkeeper/kernel';

/** What is known of the request that is being worked on, wherever in this process its work goes. */
export interface RequestScope {
  /** Machine time after which nobody waits for the answer any more; what the work asks of others ends by then too. */
  readonly deadline?: Instant;
  /** Whose request it is; absent for the operator's. For logs. */
  readonly tenantId?: string;
}

const scopes = new AsyncLocalStorage<RequestScope>();
const nothingKnown: RequestScope = {};

/** Everything that `work` does, also later and asynchronously, belongs to this request. */
export function withRequestScope<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work);
}

export function requestScope(): RequestScope {
  return scopes.getStore() ?? nothingKnown;
}

/** For work that goes on after the request was answered: it is still about the same tenant, but nobody waits for it. */
export function beyondRequest<T>(work: () => T): T {
  const { tenantId } = requestScope();
  return scopes.run(tenantId === undefined ? nothingKnown : { tenantId }, work);
}
