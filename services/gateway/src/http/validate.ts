import type { JsonObject } from '@bufbuild/protobuf';
import { Problem } from '@tollkeeper/kernel';
import type { z } from 'zod';
import { notFound } from './problem-document.js';
import { jsonPath } from './strict-json.js';

/** Ids, codes and references of every kind: what cannot be one is as absent as what is not there. */
export const pathPart = /^[A-Za-z0-9._~:*+@=|-]{1,64}$/;

const mostErrors = 10;

/** @throws Problem `not_found` */
export function assertPathParts(params: Readonly<Record<string, string>>): void {
  for (const value of Object.values(params)) if (!pathPart.test(value)) throw notFound();
}

/** @throws Problem `invalid_request`: `param` names the first wrong member, `errors` lists up to ten. */
export function validated<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, mostErrors).flatMap(toErrors).slice(0, mostErrors);
  const [first] = errors;
  const param = first && first.param !== '' ? { param: first.param } : {};
  const more = errors.length > 1 ? { errors } : {};
  throw new Problem('invalid_request', first ? sentence(first.param, first.detail) : 'The request is not valid.', { ...param, ...more });
}

/**
 * Unknown parameters are refused by every route: a mistyped filter would otherwise show too much.
 * @throws Problem `invalid_request`
 */
export function assertNoQuery(query: unknown): JsonObject {
  const [name] = Object.keys(asMembers(query));
  if (name !== undefined) throw new Problem('invalid_request', `${name} is not a parameter of this address; it takes none.`, { param: name });
  return {};
}

interface ShapeError {
  readonly param: string;
  readonly detail: string;
}

function toErrors(issue: z.core.$ZodIssue): readonly ShapeError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ param: jsonPath([...issue.path, key]), detail: 'is not a member that is known here; remove it or look for a typing error' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    const [inner] = nearest;
    if (inner) return toErrors({ ...inner, path: [...issue.path, ...inner.path] });
  }
  return [{ param: jsonPath(issue.path), detail: lowerFirst(issue.message) }];
}

function sentence(param: string, detail: string): string {
  const text = `${param === '' ? 'The body' : param}: ${detail}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A JSON object; proto messages have no other public form. */
export function asMembers(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
