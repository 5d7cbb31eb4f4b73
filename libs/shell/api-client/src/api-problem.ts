import { isProblemCode, type ProblemCode, problemMeanings } from '@tollkeeper/kernel';

/** What the platform answered instead of what was asked for; `detail` and `mend` are for people. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    /** `unexpected_answer` when whatever answered is not Tollkeeper. */
    readonly code: ProblemCode | 'unexpected_answer',
    readonly detail: string,
    readonly extra: { readonly param?: string; readonly requestId?: string; readonly errors?: readonly { readonly param: string; readonly detail: string }[] } = {},
  ) {
    super(detail);
  }

  /** What to do about problems of this kind. */
  get mend(): string {
    if (this.code === 'unexpected_answer') return 'Check that the address is that of a Tollkeeper installation, without a proxy that answers for it.';
    return problemMeanings[this.code];
  }
}

/** Nothing answers at the address. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';

  constructor(
    readonly baseUrl: string,
    cause: unknown,
  ) {
    super(`Nothing answers at ${baseUrl}.`, { cause });
  }

  get mend(): string {
    return 'Start the platform with `npm start`, or name the address where it runs.';
  }
}

/** The problem that a refusal's body describes. */
export function toApiProblem(status: number, text: string): ApiProblem {
  const document = parsed(text);
  const { code, detail, param, request_id: requestId, errors } = document;
  if (typeof code !== 'string' || !isProblemCode(code)) {
    return new ApiProblem(status, 'unexpected_answer', `The answer is HTTP ${status} without a problem document: ${text.slice(0, 200)}`);
  }
  return new ApiProblem(status, code, typeof detail === 'string' ? detail : code, {
    ...(typeof param === 'string' ? { param } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    ...(Array.isArray(errors) ? { errors: errors as { param: string; detail: string }[] } : {}),
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
