import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { problemCatalogue, type ProblemCode, problemMeanings } from '@tollkeeper/kernel';
import { z } from 'zod';
import { problemCodes, problemMediaType, problemType } from '../http/problem-document.js';
import { type Route, tags } from '../http/route.js';
import { pathPart } from '../http/validate.js';
import { routeTable } from '../routes/route-table.js';
import { protoComments } from './generated/proto-comments.js';
import { type Comments, describeMessage, exampleOf } from './message-schema.js';

const introduction = `The public API of Tollkeeper: usage in, invoices out, money in, shares out.

- **Keys.** \`Authorization: Bearer tk_…\`. The key alone says which tenant you are; what belongs to others looks like what does not exist.
- **JSON.** Members in snake_case. Money and quantities are decimals written as text. Times are RFC 3339. A text without content, and what is not set, is left out of answers; numbers, booleans and lists are always there. Unknown members are refused.
- **Lists** are \`{items, next_cursor}\`; give \`next_cursor\` back as \`cursor\` until there is none.
- **Writes** take an \`Idempotency-Key\`: the same key with the same request gives the same answer and happens once; with another request it is a conflict. A replayed answer carries \`Idempotency-Replayed: true\`.
- **Errors** are RFC 9457 problems with \`code\`, \`param\`, \`detail\` (how to mend it) and \`request_id\`.
- **Limits.** \`RateLimit\` headers tell what is left. 429 and 503 come with \`Retry-After\`: wait, and send the same request again.`;

/** The OpenAPI 3.1 document of the route table. */
export function openApiDocument(routes: readonly Route[] = routeTable, comments: Comments = protoComments): JsonObject {
  const schemas: Record<string, JsonValue> = { Problem: problemSchema() };
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route, comments, schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tollkeeper',
      version: '1.0.0',
      summary: 'Billing and receivables for connected devices.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This installation.' }],
    security: [{ apiKey: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `tk_…`.' } },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries([
        ...problemCodes.map((code) => [code, problemResponse(code)]),
        ...sharedCodes.map((codes) => [codes.join('_or_'), sharedResponse(codes)]),
      ]),
      headers: {
        RequestId: { description: 'Names this request; tell it when something is wrong.', schema: { type: 'string' }, example: 'req_01kd3v8q2mexample000000000' },
        RateLimit: { description: 'What is left for this key (draft-ietf-httpapi-ratelimit-headers).', schema: { type: 'string' }, example: '"key";r=1199999;t=60' },
      },
    },
  };
}

function operation(route: Route, comments: Comments, schemas: Record<string, JsonValue>): JsonObject {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: `${route.description}${scopeText(route)}`,
    ...(route.scope === 'public' ? { security: [] } : {}),
    parameters: parameters(route),
    ...(route.body ? { requestBody: requestBody(route) } : {}),
    responses: {
      [String(route.answer.status)]: success(route, comments, schemas),
      ...Object.fromEntries(failuresOf(route).map((codes) => [String(problemCatalogue[codes[0]].status), failure(codes)])),
    },
  };
}

function scopeText({ scope }: Route): string {
  if (scope === 'public') return '\n\nNeeds no key.';
  if (scope === 'any') return '\n\nAny key.';
  return `\n\nScope: ${(typeof scope === 'string' ? [scope] : scope).map((one) => `\`${one}\``).join(' or ')}.`;
}

function parameters(route: Route): JsonValue[] {
  const path = Object.entries(route.params ?? {}).map(([name, { description, example }]) => ({
    name, in: 'path', required: true, description, schema: { type: 'string', pattern: pathPart.source }, example,
  }));
  const query = Object.entries(route.query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...json } = toJsonSchema(schema as z.ZodType, 'output') as { description?: string } & JsonObject;
    const required = !(schema as z.ZodType).safeParse(undefined).success;
    return { name, in: 'query', required, ...(description === undefined ? {} : { description }), schema: json };
  });
  const headers = Object.entries(route.headers ?? {}).map(([name, { description, example, required }]) => ({
    name, in: 'header', required: required ?? false, description, schema: { type: 'string' }, example,
  }));
  return [...path, ...query, ...headers, ...(route.effect === 'write' || route.effect === 'upload' ? [idempotencyKey] : [])];
}

const idempotencyKey: JsonObject = {
  name: 'Idempotency-Key', in: 'header', required: false,
  description: 'Names the request, so that sending it again is harmless; a random UUID serves well.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  example: '5e0b2c1a-7d57-4f0e-9a51-1f6f5c1f0a10',
};

function requestBody(route: Route): JsonObject {
  const { body } = route;
  if (!body) return {};
  if (body.kind === 'json') {
    const also = (body.also ?? []).map(({ mediaType, example }) => [mediaType, { schema: { type: 'string' }, example }] as const);
    return {
      required: !body.optional,
      content: { 'application/json': { schema: toJsonSchema(body.schema, 'input'), example: body.example }, ...Object.fromEntries(also) },
    };
  }
  const content = Object.entries(body.examples).map(([type, example]) => [type, { schema: rawSchema(type), example: rawExample(type, example) }] as const);
  return { required: true, description: body.description, content: Object.fromEntries(content) };
}

function rawSchema(type: string): JsonObject {
  return isJsonType(type) ? { type: ['object', 'array'] } : { type: 'string' };
}

function rawExample(type: string, text: string): JsonValue {
  return isJsonType(type) ? (JSON.parse(text) as JsonValue) : text;
}

function isJsonType(type: string): boolean {
  return type.endsWith('json') && type !== 'application/x-ndjson';
}

function success(route: Route, comments: Comments, schemas: Record<string, JsonValue>): JsonObject {
  const { answer } = route;
  const content = Object.fromEntries(
    (answer.types ?? ['application/json']).map((type) => [type, type === 'application/json' ? jsonContent(route, comments, schemas) : { schema: { type: 'string' } }]),
  );
  const location: JsonObject = route.location ? { Location: { description: 'Where it can be read.', schema: { type: 'string' } } } : {};
  const limit: JsonObject = route.scope === 'public' ? {} : { RateLimit: { $ref: '#/components/headers/RateLimit' } };
  return {
    description: answer.description,
    headers: { 'Request-Id': { $ref: '#/components/headers/RequestId' }, ...limit, ...location },
    content,
  };
}

function jsonContent(route: Route, comments: Comments, schemas: Record<string, JsonValue>): JsonObject {
  const { message, json, example } = route.answer;
  if (json) return { schema: toJsonSchema(json.schema, 'output'), example: json.example };
  if (!message) return { schema: {} };
  return { schema: describeMessage(message, comments, schemas), example: exampleOf(message, { ...echoed(route), ...example }) };
}

/** A write's answer shows what was sent. */
function echoed({ body, method }: Route): JsonObject {
  const echoes = body?.kind === 'json' && body.into !== undefined && method !== 'GET';
  return echoes && typeof body.example === 'object' && body.example !== null && !Array.isArray(body.example) ? body.example : {};
}

const badRequest = ['invalid_request', 'invalid_json'] as const;
const conflicts = ['conflict', 'idempotency_conflict'] as const;
const sharedCodes = [badRequest, conflicts];

/** Codes that the route can answer with, those of one status together. */
function failuresOf(route: Route): (readonly [ProblemCode, ...ProblemCode[]])[] {
  const keyed = route.scope === 'public' ? [] : ([['unauthenticated'], ['forbidden'], ['rate_limited']] as const);
  const named = route.params || route.asks ? ([['not_found']] as const) : [];
  const sent = route.body ? ([['payload_too_large'], ['unsupported_media_type']] as const) : [];
  const written = route.effect === 'read' ? [] : ([conflicts, ['unprocessable']] as const);
  const bad = route.body?.kind === 'json' ? badRequest : (['invalid_request'] as const);
  return [bad, ...keyed, ...named, ['not_acceptable'], ...written, ...sent, ['unavailable']];
}

function failure(codes: readonly [ProblemCode, ...ProblemCode[]]): JsonObject {
  return { $ref: `#/components/responses/${codes.join('_or_')}` };
}

/** One answer for several codes of the same status. */
function sharedResponse(codes: readonly ProblemCode[]): JsonObject {
  return {
    description: codes.map((code) => `\`${code}\`: ${problemCatalogue[code].title}.`).join(' '),
    content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' }, examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }])) } },
  };
}

function problemResponse(code: ProblemCode): JsonObject {
  return {
    description: `${problemCatalogue[code].title}. ${problemMeanings[code]}`,
    content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' }, example: problemExample(code) } },
  };
}

function problemExample(code: ProblemCode): JsonObject {
  const { status, title } = problemCatalogue[code];
  return { type: problemType(code), title, status, detail: problemMeanings[code], instance: '/v1/invoices', code, request_id: 'req_01kd3v8q2mexample000000000' };
}

function problemSchema(): JsonObject {
  return {
    type: 'object',
    description: 'RFC 9457 problem document.',
    properties: {
      type: { type: 'string', format: 'uri-reference', description: 'A page that explains the code.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'What was wrong here, and how to mend it.' },
      instance: { type: 'string', description: 'Path of the request.' },
      code: { type: 'string', enum: [...problemCodes], description: 'Stable word for programs.' },
      request_id: { type: 'string' },
      param: { type: 'string', description: 'JSON path, parameter or header that was wrong.' },
      errors: {
        type: 'array',
        description: 'All that was wrong, when it was more than one thing.',
        items: { type: 'object', properties: { param: { type: 'string' }, detail: { type: 'string' } }, required: ['param', 'detail'] },
      },
    },
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
  };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return JSON.parse(JSON.stringify(json)) as JsonObject;
}
