export { ensureOperatorKey, type OperatorKeyPlace } from './bootstrap/operator-key.js';
export { loadInstallationSecret } from './bootstrap/installation-secret.js';
export { TenantModule } from './tenant.module.js';
export { TENANT_CONTEXT, type TenantContext, type TenantServiceOptions } from './shell/tenant-context.js';
export type { WebhookTargets } from './webhooks/target-policy.js';
