import type { ServicePorts } from '@tollkeeper/nest-kit';
import type { ContractApplier } from '../contracts/contract-applier.js';
import type { WebhookTargets } from '../webhooks/target-policy.js';
import type { FollowedWriter } from './followed-writer.js';
import type { TenantViews } from './views.js';

/** What a composition decides for the tenant service. */
export interface TenantServiceOptions {
  /** At least 32 unguessable bytes, the same at every start (`loadInstallationSecret`): all secrets of the installation derive from it. */
  readonly installationSecret: Uint8Array;
  /** Where webhooks may go; see `target-policy.ts`. Default `loopback`: this machine and public addresses. */
  readonly webhookTargets?: WebhookTargets;
  /** Tells the processes of this service apart, so that each sends its own webhooks. Default: there is one only. */
  readonly instance?: string;
}

/** What every use case of this service works with. */
export interface TenantContext {
  readonly ports: ServicePorts;
  readonly options: TenantServiceOptions;
  readonly writer: FollowedWriter;
  readonly views: TenantViews;
  readonly applier: ContractApplier;
}

/** The name of this process among those of the service. */
export function instanceOf({ options }: Pick<TenantContext, 'options'>): string {
  return options.instance ?? 'only';
}

/** Injection token of the tenant context. */
export const TENANT_CONTEXT = Symbol('TenantContext');
