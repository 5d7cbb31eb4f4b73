import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import type { Role, Scope } from '@tollkeeper/tenancy';

/** Where the keys of the installation's operator stand: no tenant has this id. */
export const operatorTenant = 'operator';

/** Folded state of `key/<tenant>/<id>`. The key itself is nowhere: only its hash. */
export type ApiKeyState = {
  readonly keyId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly mode: 'live' | 'sandbox';
  readonly keyHash: string;
  /** First characters of the key, to tell keys apart. */
  readonly hint: string;
  readonly customerId?: string;
  readonly partnerId?: string;
  readonly createdAt: Instant;
  readonly revokedAt?: Instant;
};

export function toApiKey(state: ApiKeyState, secret = ''): tenantV1.ApiKey {
  return create(tenantV1.ApiKeySchema, {
    id: state.keyId,
    name: state.name,
    role: state.role,
    scopes: [...state.scopes],
    hint: state.hint,
    customerId: state.customerId ?? '',
    partnerId: state.partnerId ?? '',
    createdAt: toRfc3339(state.createdAt),
    revokedAt: state.revokedAt === undefined ? '' : toRfc3339(state.revokedAt),
    secret,
  });
}

export function toPrincipal(state: ApiKeyState): tenantV1.Principal {
  return create(tenantV1.PrincipalSchema, {
    tenantId: state.tenantId === operatorTenant ? '' : state.tenantId,
    apiKeyId: state.keyId,
    role: state.role,
    scopes: [...state.scopes],
    mode: state.mode,
    customerId: state.customerId ?? '',
    partnerId: state.partnerId ?? '',
  });
}
