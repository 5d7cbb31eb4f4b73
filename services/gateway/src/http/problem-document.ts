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

/** What a person should know about each code beyond its title: when it happens and how to mend it. */
export const problemMeanings: Readonly<Record<ProblemCode, string>> = {
  invalid_request: 'A member, parameter or header is missing or has a value that cannot be. `param` names it; correct it and send the request again.',
  invalid_json: 'The body is not strict JSON: check commas, quotes, encoding (UTF-8), members that stand twice, and nesting.',
  unauthenticated: 'Send `Authorization: Bearer tk_…` with an API key that exists and is not revoked.',
  forbidden: 'The key is valid but lacks the scope. Use another key, or ask whoever manages keys for one with the scope named in the detail.',
  not_found: 'Nothing with this id belongs to you. What belongs to another tenant looks the same as what does not exist.',
  method_not_allowed: 'The address exists but takes other methods; see the `Allow` header.',
  not_acceptable: 'The `Accept` header asks for a representation that this address does not offer.',
  conflict: 'What you ask for contradicts what is stored now. Read the thing again, then decide.',
  idempotency_conflict: 'This `Idempotency-Key` was used before for a different request. Use a fresh key for each new request.',
  payload_too_large: 'Send less at once: smaller batches, or a file in several parts.',
  unsupported_media_type: 'The `Content-Type` or `Content-Encoding` is not among those that this address takes; the detail lists them.',
  unprocessable: 'The request is well formed but refers to things that do not fit together. The detail says which.',
  rate_limited: 'This key has used up its requests. Wait as many seconds as `Retry-After` says.',
  internal: 'A mistake of ours. Nothing was lost; try again with the same `Idempotency-Key`, and tell the operator the `request_id` if it stays.',
  unavailable: 'The service is overloaded or starting. Wait as many seconds as `Retry-After` says and send the same request again.',
};

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
