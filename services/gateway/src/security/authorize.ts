import type { JsonObject } from '@bufbuild/protobuf';
import type { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { allows, isScope, type Scope } from '@tollkeeper/tenancy';
import { notFound } from '../http/problem-document.js';
import type { Call, OwnedBy, Route } from '../http/route.js';
import { toPublicJson } from '../messages/message-json.mapping.js';

/** The scopes that a principal's strings name; words that this version does not know grant nothing. */
export function scopesOf(principal: tenantV1.Principal): readonly Scope[] {
  return principal.scopes.filter(isScope);
}

/** @throws Problem `forbidden` that names the scope that is missing */
export function assertMay(route: Route, principal: tenantV1.Principal): void {
  const { scope } = route;
  if (scope === 'public' || scope === 'any') return;
  const needed = typeof scope === 'string' ? [scope] : scope;
  const granted = scopesOf(principal);
  if (!needed.some((one) => allows(granted, one))) {
    throw new Problem('forbidden', `This needs an API key with the scope ${needed.join(' or ')}.`, { needed });
  }
  for (const kind of ['customer', 'partner'] as const) {
    if (ownId(kind, principal) !== '' && !route.bound?.[kind]) {
      throw new Problem('forbidden', `A key that is bound to one ${kind} may not do this; use a key of the tenant.`);
    }
  }
}

type Owner = 'customer' | 'partner';

/** The customer or partner that the key is bound to; empty for none. */
export function ownId(kind: Owner, principal: tenantV1.Principal): string {
  return kind === 'customer' ? principal.customerId : principal.partnerId;
}

/** How the route keeps this caller to its own; undefined when the caller is not bound. */
export function ownershipOf(route: Route, principal: tenantV1.Principal): { readonly owned: OwnedBy; readonly id: string } | undefined {
  for (const kind of ['customer', 'partner'] as const) {
    const id = ownId(kind, principal);
    const owned = route.bound?.[kind];
    if (id !== '' && owned) return { owned, id };
  }
  return undefined;
}

/**
 * What is restricted before the service is asked: the query is narrowed, a path that names somebody else is not found.
 * @throws Problem `not_found`
 */
export async function narrowToOwn(route: Route, call: Call): Promise<JsonObject> {
  const ownership = ownershipOf(route, call.principal);
  if (!ownership) return call.query;
  const { owned, id } = ownership;
  if (owned.by === 'param' && call.params[owned.name] !== id) throw notFound();
  if (owned.by === 'ask') {
    const asked = await call.ask(owned.method, { id: call.params[owned.param] ?? '' });
    if (toPublicJson(owned.method.output, asked)[owned.field] !== id) throw notFound();
  }
  if (owned.by !== 'query') return call.query;
  if (call.query[owned.field] !== undefined && call.query[owned.field] !== id) throw notFound();
  return { ...call.query, [owned.field]: id };
}

/** @throws Problem `not_found` when the answer belongs to somebody else than the bound caller */
export function assertOwnAnswer(route: Route, call: Call, answer: JsonObject): void {
  const ownership = ownershipOf(route, call.principal);
  if (ownership?.owned.by === 'answer' && answer[ownership.owned.field] !== ownership.id) throw notFound();
}
