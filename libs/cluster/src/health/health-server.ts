import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { redact } from '../logging/redact.js';
import type { Health, HealthReport } from './health.js';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `GET /health/live` and `GET /health/ready`: 200, or 503 with the reasons. On a port of its own, which is nobody's but the cluster's. */
export function serveHealth(health: Health, port: number): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, { status: 'failed', checks: {} });
    if (path === '/health/live') return answer(response, 200, health.live());
    if (path !== '/health/ready') return answer(response, 404, { status: 'failed', checks: {} });
    health.ready().then(
      (report) => answer(response, report.status === 'ok' ? 200 : 503, report),
      (error: unknown) => answer(response, 503, { status: 'failed', checks: { health: String(error) } }),
    );
  });
  const { promise, resolve, reject } = Promise.withResolvers<HealthServer>();
  server.once('error', reject);
  server.listen(port, () => {
    const address = server.address() as AddressInfo;
    resolve({
      port: address.port,
      close: () =>
        new Promise((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        }),
    });
  });
  return promise;
}

function answer(response: ServerResponse, status: number, report: HealthReport): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(redact(JSON.stringify(report)));
}
