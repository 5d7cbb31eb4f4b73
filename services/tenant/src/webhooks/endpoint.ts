import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { deriveSecret, secretHash } from '../keys/secrets.js';
import type { FactName } from './fact-payload.js';

/** Folded state of `webhook/<tenant>/<id>`. */
export type EndpointState = {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  /** Empty for all. */
  readonly events: readonly FactName[];
  /** SHA-256 of the signing secret, to notice when the installation's secret was replaced. */
  readonly secretHash: string;
  readonly createdAt: Instant;
  readonly disabledReason?: string;
  readonly deletedAt?: Instant;
};

/** The signing secret by Standard Webhooks: `whsec_` and 32 bytes in base64. It is derived, never stored. */
export function endpointSecret(installationSecret: Uint8Array, tenantId: string, id: string): string {
  return `whsec_${deriveSecret(installationSecret, 'webhook', tenantId, id).toString('base64')}`;
}

export function hasSecret(endpoint: EndpointState, secret: string): boolean {
  return endpoint.secretHash === secretHash(secret);
}

export function toEndpoint(state: EndpointState, secret = ''): tenantV1.WebhookEndpoint {
  return create(tenantV1.WebhookEndpointSchema, {
    id: state.id,
    url: state.url,
    events: [...state.events],
    secret,
    disabled: state.disabledReason !== undefined,
    disabledReason: state.disabledReason ?? '',
    createdAt: toRfc3339(state.createdAt),
  });
}
