import type { tenantV1 } from '@tollkeeper/contracts';
import { derivedId, type Entry, fromCanonicalBytes, type Instant, Problem } from '@tollkeeper/kernel';
import { instant, oneOf, refuse, requiredText } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type TenantState, toTenant } from './tenant.js';

/**
 * A new tenant. Its slug is claimed first, in a chain of its own, and the claim holds the whole tenant: what follows the
 * claim is the tenant's first entry, so that no crash leaves a slug without a tenant.
 */
export async function createTenant(context: TenantContext, request: tenantV1.CreateTenantRequest): Promise<tenantV1.Tenant> {
  const now = context.ports.clock.now();
  const wanted = toNewTenant(request, now);
  const chain = `tenant-slug/${wanted.slug}`;
  const { entry } = await context.writer.execute<TenantState>({
    chain,
    cause: request.cause,
    now,
    decide: (held) => {
      if (held) throw new Problem('conflict', `The slug “${wanted.slug}” is taken; choose another.`, { param: 'slug' });
      return { kind: 'claimed', body: wanted, state: wanted };
    },
  });
  return toTenant(entry ? fromCanonicalBytes<TenantState>(entry.state) : wanted);
}

function toNewTenant(request: tenantV1.CreateTenantRequest, now: Instant): TenantState {
  const { name = '', slug = '', mode = '', clockStart = '' } = request.tenant ?? {};
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(slug)) {
    refuse('slug', `“${slug.slice(0, 70)}” is not a slug; write 1 to 63 small letters, digits and hyphens, such as northgrid.`);
  }
  const tenant = {
    id: derivedId('tenant', '', request.cause),
    name: requiredText(name, 'name'),
    slug,
    mode: oneOf(mode === '' ? 'live' : mode, ['live', 'sandbox'] as const, 'mode'),
    createdAt: now,
  };
  if (tenant.mode === 'live') {
    if (clockStart !== '')
      refuse('clock_start', 'Only a sandbox has a test clock; leave clock_start out, or create the tenant with mode sandbox.');
    return tenant;
  }
  const start = clockStart === '' ? now : instant(clockStart, 'clock_start');
  return { ...tenant, clock: { start, now: start } };
}

/** What follows a claim: the tenant itself. */
export async function openClaimedTenant(context: TenantContext, claim: Entry): Promise<void> {
  const tenant = fromCanonicalBytes<TenantState>(claim.state);
  await context.writer.execute<TenantState>({
    chain: `tenant/${tenant.id}`,
    cause: claim.cause,
    now: claim.bookedAt,
    decide: (present) => (present ? undefined : { kind: 'created', body: tenant, state: tenant }),
  });
}
