import { runService } from '@tollkeeper/cluster';
import { createGatewayAdapter, GatewayModule } from './index.js';

await runService({
  name: 'gateway',
  publicHttp: createGatewayAdapter,
  module: ({ ports, assertReady, peerCounts }) => GatewayModule.forRoot(ports, { readiness: { process: assertReady }, rateLimit: { peers: peerCounts } }),
});
