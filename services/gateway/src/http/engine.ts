import type { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { type OpenSpan, readTrace, type ServicePorts, type TraceContext } from '@tollkeeper/nest-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { GatewayLimits } from '../gateway.options.js';
import type { Idempotency } from '../idempotency/idempotency.js';
import type { Authenticator } from '../security/authenticate.js';
import { assertMay } from '../security/authorize.js';
import type { RateLimit } from '../security/rate-limit.js';
import { acceptUsage } from './accept-usage.js';
import { negotiate } from './media-types.js';
import { notFound } from './problem-document.js';
import { beginSpan, observeRequests } from './observe-requests.js';
import { bodyLimit } from './read-body.js';
import type { Route } from './route.js';
import { problemOf, sendProblem } from './send.js';
import { requestIds } from './request-ids.js';
import { serveRoute } from './serve-route.js';

declare module 'fastify' {
  interface FastifyRequest {
    principal: tenantV1.Principal | null;
    trace: TraceContext | null;
    /** Of this request, while telemetry is on. */
    span: OpenSpan | null;
    /** Representation that Accept chose. */
    answerType: string;
  }
}

/** What the engine works with. */
export interface Engine {
  readonly ports: ServicePorts;
  readonly limits: GatewayLimits;
  readonly authenticator: Authenticator;
  readonly rateLimit: RateLimit;
  readonly idempotency: Idempotency;
  readonly readiness: Readonly<Record<string, () => Promise<unknown>>>;
}

export const jsonMediaType = 'application/json';

/** Puts the routes on Fastify: everything that is the same for every route happens here and in `serveRoute`. */
export function registerRoutes(fastify: FastifyInstance, routes: readonly Route[], engine: Engine): void {
  const { ports } = engine;
  fastify.setGenReqId(requestIds(ports.clock, ports.randomness));
  fastify.decorateRequest('principal', null);
  fastify.decorateRequest('trace', null);
  fastify.decorateRequest('span', null);
  observeRequests(fastify);
  fastify.decorateRequest('answerType', jsonMediaType);
  fastify.setErrorHandler((error, request, reply) => sendProblem(request, reply, problemOf(error, request)));
  fastify.setNotFoundHandler((request, reply) => sendProblem(request, reply, notFound()));
  fastify.removeAllContentTypeParsers();
  const streamed = routes.filter((route) => route.body?.kind === 'stream');
  fastify.register((scope, _options, done) => {
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    for (const route of routes) if (!streamed.includes(route)) registerRoute(scope, route, engine);
    refuseOtherMethods(scope, routes);
    done();
  });
  fastify.register((scope, _options, done) => {
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    for (const route of streamed) registerRoute(scope, route, engine);
    done();
  });
}

function registerRoute(scope: FastifyInstance, route: Route, engine: Engine): void {
  const guarded = guard(route, engine);
  scope.route({
    method: route.method,
    url: fastifyPath(route.path),
    bodyLimit: bodyLimit(route, engine.limits),
    onRequest: guarded,
    handler: route.effect === 'usage' ? acceptUsage(engine) : (request, reply) => serveRoute(route, engine, request, reply),
  });
}

/** What is decided before a byte of the body is read: who calls, whether they may, how often, and in what form they are answered. */
function guard(route: Route, { authenticator, rateLimit }: Engine): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const types = route.answer.types ?? [jsonMediaType];
  return async (request, reply) => {
    reply.header('request-id', request.id);
    const { authorization, traceparent, accept } = request.headers;
    if (traceparent !== undefined) request.trace = readTrace(traceparent) ?? null;
    beginSpan(request, route);
    if (request.trace) reply.header('traceparent', request.trace.traceparent);
    if (route.scope !== 'public') {
      const known = authenticator.authenticate(authorization);
      const principal = known instanceof Promise ? await known : known;
      await rateLimit.count(principal.apiKeyId, reply);
      assertMay(route, principal);
      request.principal = principal;
    }
    const mediaType = negotiate(accept, types);
    if (mediaType === undefined) throw new Problem('not_acceptable', `This address offers ${types.join(', ')}.`, { param: 'Accept' });
    request.answerType = mediaType;
  };
}

/** `/v1/customers/{id}` → `/v1/customers/:id` */
function fastifyPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** An address that exists answers every other method with 405 and the methods that it takes (RFC 9110, 15.5.6). */
function refuseOtherMethods(scope: FastifyInstance, routes: readonly Route[]): void {
  const paths = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    const key = path.replace(/\{\w+\}/g, '{}');
    const taken = paths.get(key) ?? new Set<string>();
    taken.add(method);
    if (method === 'GET') taken.add('HEAD');
    paths.set(key, taken);
  }
  const done = new Set<string>();
  for (const { path } of routes) {
    const key = path.replace(/\{\w+\}/g, '{}');
    if (done.has(key)) continue;
    done.add(key);
    const taken = [...(paths.get(key) ?? [])].sort();
    const others = scope.supportedMethods.filter((method) => !taken.includes(method)) as HTTPMethods[];
    scope.route({
      method: others,
      url: fastifyPath(path),
      onRequest: async (request, reply) => {
        const allow = taken.join(', ');
        reply.header('allow', allow);
        await sendProblem(request, reply, new Problem('method_not_allowed', `${request.method} is not taken here; use ${allow}.`));
      },
      handler: () => undefined,
    });
  }
}
