import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';

export type TenantMode = 'live' | 'sandbox';

/** The test clock of a sandbox: where it stands, and how far an advance wants it to go. */
export type ClockState = {
  readonly start: Instant;
  readonly now: Instant;
  readonly target?: { readonly to: Instant; readonly cause: string };
};

/** Folded state of `tenant/<id>`. */
export type TenantState = {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly mode: TenantMode;
  readonly createdAt: Instant;
  /** Only of a sandbox. */
  readonly clock?: ClockState;
};

export function toTenant(state: TenantState): tenantV1.Tenant {
  return create(tenantV1.TenantSchema, {
    id: state.id,
    name: state.name,
    slug: state.slug,
    mode: state.mode,
    createdAt: toRfc3339(state.createdAt),
    clockStart: state.clock ? toRfc3339(state.clock.start) : '',
  });
}
