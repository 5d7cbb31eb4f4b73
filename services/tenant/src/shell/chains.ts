import { Problem } from '@tollkeeper/kernel';
import type { TenantContext } from './tenant-context.js';

/** Kinds of chains that this service owns; each name is `<kind>/<tenant>/<rest>`, except `tenant/<id>` and `tenant-slug/<slug>`. */
export const chainKinds = [
  'tenant',
  'tenant-slug',
  'key',
  'entity',
  'brand',
  'customer-record',
  'partner-record',
  'device-record',
  'contract',
  'webhook',
] as const;

export type ChainKind = (typeof chainKinds)[number];

export function chainName(kind: ChainKind, tenantId: string, rest: string): string {
  return `${kind}/${tenantId}/${rest}`;
}

/** The same answer for what belongs to another tenant and for what never was. */
export function notFound(what: string, id: string): Problem {
  return new Problem('not_found', `There is no ${what} “${id.slice(0, 60)}” here; list the ${what}s to see which there are.`);
}

/** The folded state of one thing of a tenant. @throws Problem `not_found` when it is not the tenant's, or was never made. */
export async function stateOf<S>(
  context: TenantContext,
  kind: ChainKind,
  tenantId: string,
  id: string,
  what: string,
): Promise<S> {
  const state = id === '' ? undefined : await context.writer.state<S>(chainName(kind, tenantId, id));
  if (!state) throw notFound(what, id);
  return state;
}

/** A reference from one thing to another: that it is missing is the request's mistake, not the address's. */
export async function referred<S>(
  context: TenantContext,
  kind: ChainKind,
  tenantId: string,
  id: string,
  at: { what: string; param: string },
): Promise<S> {
  const state = id === '' ? undefined : await context.writer.state<S>(chainName(kind, tenantId, id));
  if (state) return state;
  const detail =
    id === ''
      ? `${at.param} is empty; name the ${at.what}.`
      : `There is no ${at.what} “${id.slice(0, 60)}” here; create it first.`;
  throw new Problem('invalid_request', detail, { param: at.param });
}
