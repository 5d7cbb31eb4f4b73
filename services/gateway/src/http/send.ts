import { Logger } from '@nestjs/common';
import { Problem } from '@tollkeeper/kernel';
import { toProblem } from '@tollkeeper/nest-kit';
import { BusFull, StoreUnavailable } from '@tollkeeper/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fromHttpError, problemMediaType, toProblemDocument } from './problem-document.js';

const logger = new Logger('gateway');

/** Seconds to wait when a port below is not to be had and says no better. */
const storeRetryAfterS = 1;

/** The problem that any error is to the caller; what is a mistake of ours is logged with the request id. */
export function problemOf(error: unknown, request: FastifyRequest): Problem {
  const known = fromHttpError(error);
  if (known) return known;
  if (error instanceof BusFull) return new Problem('unavailable', 'More is coming in than is worked off; wait and send it again.', { retryAfterS: error.retryAfterS });
  if (error instanceof StoreUnavailable) {
    return new Problem('unavailable', 'The store does not answer now; wait and send it again.', { retryAfterS: storeRetryAfterS });
  }
  logger.error(`${request.id} ${request.method} ${pathOf(request)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return toProblem(error);
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { retryAfterS } = problem.extra;
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS));
  if (problem.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="tollkeeper"');
  reply.header('request-id', request.id).header('cache-control', 'no-store').code(problem.status).type(problemMediaType);
  return reply.send(JSON.stringify(toProblemDocument(problem, pathOf(request), request.id)));
}

/** Path without the query, which may hold what a person typed. */
export function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
