import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Problem, problemCatalogue, type ProblemCode } from '@tollkeeper/kernel';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';
import { fromHttpError, problemMediaType, problemType } from './problem-document.js';
import { sendProblem } from './send.js';

/** A whole request must have arrived after this long; longer uploads are resumed. */
const requestTimeoutMs = 300_000;
/** Longer than the idle time of the usual load balancers, so that they close first. */
const keepAliveTimeoutMs = 72_000;
const longestPathPart = 512;

/**
 * The HTTP side of the composition's Nest application. The route table brings its own parsers and answers every error as a
 * problem document, so Nest's own are left out.
 */
class GatewayAdapter extends FastifyAdapter {
  override setErrorHandler(): FastifyInstance {
    return this.getInstance();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance();
  }

  override registerParserMiddleware(): void {}
}

/** The adapter that the composition gives to `NestFactory.create`; `GatewayModule` puts its routes on it. */
export function createGatewayAdapter(): FastifyAdapter {
  const options: FastifyHttpOptions<Server> & { readonly skipMiddie: boolean } = {
    logger: false,
    skipMiddie: true,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: longestPathPart, caseSensitive: true, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) => {
      const problem = fromHttpError(error) ?? new Problem('invalid_request', 'The address cannot be read; encode it as UTF-8.');
      sendProblem(request, reply, problem);
    },
    clientErrorHandler: answerUnreadable,
  };
  return new GatewayAdapter(options);
}

/** Bytes that are no HTTP request have no reply object yet: the answer is written by hand (RFC 9112), and the line closed. */
function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const code: ProblemCode = error.code === 'HPE_HEADER_OVERFLOW' ? 'payload_too_large' : 'invalid_request';
  const detail =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'The headers are larger than 16 kB; send fewer.'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'The request took too long to arrive; send it again, a large file in parts.'
        : 'This is not an HTTP/1.1 request.';
  const { status, title } = problemCatalogue[code];
  const body = JSON.stringify({ type: problemType(code), title, status, detail, code });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
