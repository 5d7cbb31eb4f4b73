import { Problem, problemCatalogue, type ProblemCode } from '@tollkeeper/kernel';

export const problemMediaType = 'application/problem+json';

/** An RFC 9457 problem document; members beyond the standard's are ours and documented in the OpenAPI document. */
export interface ProblemDocument {
  /** Relative to the installation: a page there tells what the code means. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request. */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly request_id: string;
  readonly param?: string;
  readonly [extension: string]: unknown;
}

export function toProblemDocument(problem: Problem, path: string, requestId: string): ProblemDocument {
  const { retryAfterS: _header, ...extra } = problem.extra;
  return {
    ...extra,
    type: problemType(problem.code),
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    instance: path,
    code: problem.code,
    request_id: requestId,
  };
}

export function problemType(code: ProblemCode): string {
  return `/problems/${code}`;
}

export const problemCodes = Object.keys(problemCatalogue) as ProblemCode[];

/** The problem that the errors of Fastify and Node stand for; undefined for anything else, which is a bug. */
export function fromHttpError(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('payload_too_large', 'The body is larger than this address takes; send less at once.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('unsupported_media_type', 'The Content-Type header is not a media type; write one such as application/json.', { param: 'Content-Type' });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new Problem('invalid_request', 'The body is cut short; send all the bytes that Content-Length announces.');
    case 'FST_ERR_BAD_URL':
      return new Problem('invalid_request', 'The address has a broken % escape; encode it as UTF-8.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
    case 'FST_ERR_NOT_FOUND':
      return notFound();
    default:
      return undefined;
  }
}

/** One text for what is absent, what is another tenant's, and what cannot be an id at all. */
export function notFound(): Problem {
  return new Problem('not_found', 'There is nothing here under this address; check the id, and that the API key belongs to the right tenant.');
}
