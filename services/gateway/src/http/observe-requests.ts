import { SpanKind } from '@opentelemetry/api';
import { histogram, isTracing, startSpan } from '@tollkeeper/nest-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Route } from './route.js';

/** Upper bounds in seconds, as the convention for this metric gives them. */
const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Begins the span of a request, in the caller's trace or in one of its own. The address itself stays out, because it may name
 * a person's device; the route says enough.
 */
export function beginSpan(request: FastifyRequest, { method, path }: Pick<Route, 'method' | 'path'>): void {
  if (!isTracing()) return;
  const describe = () => ({
    name: `${method} ${path}`,
    kind: SpanKind.SERVER,
    attributes: { 'http.request.method': method, 'http.route': path, 'url.scheme': request.protocol },
  });
  request.span = startSpan(describe, { parent: request.trace ?? undefined }) ?? null;
  request.trace = request.span?.trace ?? request.trace;
}

/** Ends spans and measures how long requests took; nothing at all is done while telemetry is off. */
export function observeRequests(fastify: FastifyInstance): void {
  if (!isTracing()) return;
  const duration = histogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP requests of the public API.',
    advice: { explicitBucketBoundaries: durationBounds },
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { statusCode } = reply;
    const failure = statusCode >= 500 ? String(statusCode) : undefined;
    request.span?.end(failure, { 'http.response.status_code': statusCode });
    const route = request.routeOptions.url;
    duration.record(reply.elapsedTime / 1000, {
      'http.request.method': request.method,
      ...(route === undefined ? {} : { 'http.route': route.replace(/:(\w+)/g, '{$1}') }),
      'url.scheme': request.protocol,
      'http.response.status_code': statusCode,
      ...(failure === undefined ? {} : { 'error.type': failure }),
    });
    done();
  });
}
