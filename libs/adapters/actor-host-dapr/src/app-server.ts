import fastify, { type FastifyInstance } from 'fastify';
import { traceHeader } from './sidecar.js';

/** What the sidecar asks of the process beside it. */
export interface App {
  readonly actorTypes: readonly string[];
  /** False as soon as the process ends: a sidecar that checks (annotation dapr.io/enable-app-health-check) then moves its actors away. */
  isHealthy(): boolean;
  /** A sidecar starts; what an earlier one said counts no more. */
  begin(): void;
  invoke(actorType: string, actorId: string, method: string, body: Uint8Array, traceparent?: string): Promise<Uint8Array>;
  deactivate(actorType: string, actorId: string): void;
}

/** More than any sidecar carries; how much it carries is its own limit. */
const mostBytes = 256 << 20;

interface ActorParams {
  readonly Params: { readonly type: string; readonly id: string; readonly method: string };
}

/** Dapr's protocol between a sidecar and an app that hosts actors: https://docs.dapr.io/reference/api/actors_api/ */
export function appServer(app: App): FastifyInstance {
  const server = fastify({ bodyLimit: mostBytes, forceCloseConnections: true });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.get('/healthz', (_request, reply) => reply.code(app.isHealthy() ? 200 : 503).send());
  server.get('/dapr/config', () => {
    app.begin();
    return {
      entities: app.actorTypes,
      actorIdleTimeout: '1h',
      // While actors move, calls that run have this long to end; new ones wait. Below the round of placement (8 s), which it holds up.
      drainOngoingCallTimeout: '5s',
      drainRebalancedActors: true,
      reentrancy: { enabled: false },
    };
  });
  server.put<ActorParams>('/actors/:type/:id/method/:method', async ({ params: { type, id, method }, body, headers }, reply) => {
    const trace = headers[traceHeader];
    const answer = await app.invoke(type, id, method, body instanceof Uint8Array ? body : new Uint8Array(0), typeof trace === 'string' ? trace : undefined);
    return reply.type('application/octet-stream').send(answer);
  });
  server.delete<ActorParams>('/actors/:type/:id', ({ params: { type, id } }, reply) => {
    app.deactivate(type, id);
    return reply.code(200).send();
  });
  return server;
}
