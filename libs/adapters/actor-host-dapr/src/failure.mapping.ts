import { isProblemCode, Problem } from '@tollkeeper/kernel';
import { ActorUnreachable, BusFull, CursorInvalid, StoreUnavailable } from '@tollkeeper/ports';

/** Errors that callers tell apart by their class, by the name that they have on the wire. */
const plain = { ActorUnreachable, CursorInvalid, StoreUnavailable } as const;

interface WireFailure {
  readonly name: string;
  readonly message: string;
  readonly problem?: { readonly code: string; readonly detail: string; readonly extra: Problem['extra'] };
  readonly full?: { readonly retryAfterS: number; readonly lacks: BusFull['lacks'] };
}

/** What a method failed with, for its caller in another process. The stack stays behind; logs of this process have it. */
export function fromFailure(error: Error): Uint8Array {
  const failure: WireFailure = {
    name: error.name,
    message: error.message,
    ...(error instanceof Problem && { problem: { code: error.code, detail: error.detail, extra: error.extra } }),
    ...(error instanceof BusFull && { full: { retryAfterS: error.retryAfterS, lacks: error.lacks } }),
  };
  return Buffer.from(JSON.stringify(failure));
}

/** The same error as far as callers tell errors apart: its class, what it carries, or its name and message. */
export function toFailure(bytes: Uint8Array): Error {
  const { name, message, problem, full } = JSON.parse(Buffer.from(bytes).toString('utf8')) as WireFailure;
  if (problem && isProblemCode(problem.code)) return new Problem(problem.code, problem.detail, problem.extra);
  if (full) return new BusFull(message, full.retryAfterS, full.lacks);
  if (isPlain(name)) return new plain[name](message);
  return Object.assign(new Error(message), { name });
}

function isPlain(name: string): name is keyof typeof plain {
  return Object.hasOwn(plain, name);
}
