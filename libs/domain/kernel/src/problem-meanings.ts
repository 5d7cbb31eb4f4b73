import type { ProblemCode } from './problem.js';

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
