/**
 * What went wrong and how to mend it: the only kind of failure a person sees. The edge turns it into an RFC 9457
 * problem document; between services it travels whole.
 */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** Stable word for programs, for example `device_unknown`. */
    readonly code: ProblemCode,
    /** One sentence for a person: what was wrong, where, and how to mend it. */
    readonly detail: string,
    /** `param` is the JSON path, header, query or path name that was wrong; `retryAfterS` becomes Retry-After. */
    readonly extra: { readonly param?: string; readonly retryAfterS?: number; readonly [key: string]: unknown } = {},
  ) {
    super(`${code}: ${detail}`);
  }

  get status(): number {
    return problemCatalogue[this.code].status;
  }

  get title(): string {
    return problemCatalogue[this.code].title;
  }
}

/** Every problem that Tollkeeper answers with: the HTTP status and the title that all of its occurrences share. */
export const problemCatalogue = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthenticated: { status: 401, title: 'No valid API key was given' },
  forbidden: { status: 403, title: 'The API key may not do this' },
  not_found: { status: 404, title: 'There is no such thing here' },
  method_not_allowed: { status: 405, title: 'This address does not take that method' },
  not_acceptable: { status: 406, title: 'That representation is not offered' },
  conflict: { status: 409, title: 'The present state does not allow this' },
  idempotency_conflict: { status: 409, title: 'The idempotency key was used for another request' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'That content type or encoding is not understood' },
  unprocessable: { status: 422, title: 'The request cannot be carried out as it is' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something is broken on our side' },
  unavailable: { status: 503, title: 'The service cannot take this now' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problemCatalogue;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemCatalogue, code);
}
