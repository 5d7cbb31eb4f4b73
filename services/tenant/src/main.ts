import { runService } from '@tollkeeper/cluster';
import { ensureOperatorKey, TENANT_CONTEXT, type TenantContext, TenantModule } from './index.js';

await runService({
  name: 'tenant',
  ownsTestClocks: true,
  module: ({ ports, settings: { installationSecret, instance, webhookTargets } }) =>
    TenantModule.forRoot(ports, { installationSecret, instance, webhookTargets }),
  onStarted: async (app, { settings: { operatorKeyFile } }) => {
    if (operatorKeyFile !== undefined) await ensureOperatorKey(app.get<TenantContext>(TENANT_CONTEXT, { strict: false }), { file: operatorKeyFile });
  },
});
