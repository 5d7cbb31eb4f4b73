import { create, type DescMessage, type DescMethodUnary, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { Problem, toRfc3339 } from '@tollkeeper/kernel';
import { withTrace } from '@tollkeeper/nest-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assertIdempotencyKey, type Begun, type IdempotentRequest, type KeptAnswer, requestHash } from '../idempotency/idempotency.js';
import { fromPublicJson, hasField, toPublicJson } from '../messages/message-json.mapping.js';
import { assertOwnAnswer, narrowToOwn, ownershipOf } from '../security/authorize.js';
import { type Engine, jsonMediaType } from './engine.js';
import { notFound } from './problem-document.js';
import { assertRawType, bodyLimit, readBytes, readJson } from './read-body.js';
import type { Answer, Call, Route } from './route.js';
import { asMembers, assertNoQuery, assertPathParts, validated } from './validate.js';

const nobody = create(tenantV1.PrincipalSchema);

/** From a request that may be made to its answer. */
export async function serveRoute(route: Route, engine: Engine, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const params = request.params as Readonly<Record<string, string>>;
  assertPathParts(params);
  const query = route.query ? asMembers(validated(route.query, request.query)) : assertNoQuery(request.query);
  const { bytes, body } = await bodyOf(route, engine, request);
  const base = { principal: request.principal ?? nobody, requestId: request.id, params, query, body, request, mediaType: request.answerType };
  return withTrace(request.trace ?? undefined, async () => {
    const idempotent = idempotencyOf(route, request, bytes);
    const begun = idempotent && (await engine.idempotency.begin(idempotent));
    if (begun?.repeated) reply.header('idempotency-replayed', 'true');
    if (begun?.kept) return sendKept(reply, begun.kept);
    const call = callOf(engine, { ...base, cause: begun?.cause ?? request.id });
    const answer = await answerOf(route, call);
    if (route.after === 'forget_key') engine.authenticator.forget(params['id'] ?? '');
    return sendAnswer(route, engine, reply, answer, idempotent, begun);
  });
}

async function bodyOf(route: Route, engine: Engine, request: FastifyRequest): Promise<{ readonly bytes: Buffer; readonly body: unknown }> {
  const { body } = route;
  if (!body || body.kind === 'stream') return { bytes: Buffer.alloc(0), body: request.body };
  if (body.kind === 'raw') assertRawType(body, request);
  const bytes = await readBytes(request, bodyLimit(route, engine.limits));
  if (body.kind === 'raw') return { bytes, body: bytes };
  return { bytes, body: validated(body.schema, await readJson(body, request, bytes)) };
}

/** Writes with a key take part; so do uploads, for which the key only fixes the cause, because their body is not known yet. */
function idempotencyOf(route: Route, request: FastifyRequest, bytes: Buffer): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || (route.effect !== 'write' && route.effect !== 'upload')) return undefined;
  return {
    tenantId: request.principal?.tenantId ?? '',
    key: assertIdempotencyKey(String(key)),
    requestId: request.id,
    requestHash: requestHash(route.method, request.url, bytes),
  };
}

function callOf({ ports, limits, readiness }: Engine, base: Omit<Call, 'ask' | 'ports' | 'tenantId' | 'limits' | 'readiness'>): Call {
  const { tenantId } = base.principal;
  return {
    ...base,
    ports,
    limits,
    readiness,
    tenantId,
    ask: (method, fields, onBehalfOf) => ports.client.call(method, fromPublicJson(method.input, withContext(method, fields, onBehalfOf ?? tenantId))),
  };

  /** Tenant, cause and the tenant's present moment: never from the caller's own words. */
  function withContext(method: DescMethodUnary, fields: JsonObject, forTenant: string): JsonObject {
    const known = (name: string, value: JsonValue): JsonObject => (hasField(method.input, name) ? { [name]: value } : {});
    const now = ports.clocks.now(forTenant);
    return {
      ...fields,
      ...known('tenant_id', forTenant),
      ...known('cause', base.cause),
      ...known('now', toRfc3339(now)),
      ...known('now_ms', now),
    };
  }
}

async function answerOf(route: Route, call: Call): Promise<Answer> {
  try {
    const query = await narrowToOwn(route, call);
    const narrowed = { ...call, query };
    if (route.handle) return await route.handle(narrowed);
    if (!route.asks) throw new Error(`${route.operationId} neither asks a service nor answers by itself`);
    return { body: await askRoute(route, route.asks, narrowed) };
  } catch (error) {
    // To a key that is bound to one customer or partner, what is not there looks as what is somebody else's: in the same words.
    throw isNotFound(error) && ownershipOf(route, call.principal) ? notFound() : error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Problem && error.code === 'not_found';
}

/** The mechanical way: path, query and body become the fields of the request message, the reply its public JSON. */
async function askRoute<I extends DescMessage, O extends DescMessage>(route: Route, method: DescMethodUnary<I, O>, call: Call): Promise<JsonObject> {
  const fields = requestFields(route, call);
  const message = await call.ask(method, route.prepare ? route.prepare(fields, call) : fields);
  const json = toPublicJson(method.output, message);
  assertOwnAnswer(route, call, json);
  return json;
}

function requestFields(route: Route, call: Pick<Call, 'params' | 'query' | 'body'>): JsonObject {
  const fields: Record<string, JsonValue> = { ...call.query };
  for (const [name, param] of Object.entries(route.params ?? {})) fields[param.field ?? name] = call.params[name] ?? '';
  if (route.body?.kind !== 'json') return fields;
  const members = asMembers(call.body);
  return route.body.into === undefined ? { ...fields, ...members } : { ...fields, [route.body.into]: members };
}

async function sendAnswer(
  route: Route,
  engine: Engine,
  reply: FastifyReply,
  answer: Answer,
  idempotent: IdempotentRequest | undefined,
  begun: Begun | undefined,
): Promise<FastifyReply> {
  const status = answer.status ?? route.answer.status;
  const headers: Record<string, string> = { 'content-type': answer.contentType ?? jsonMediaType, ...answer.headers };
  const { body } = answer;
  if (body instanceof Uint8Array) return reply.code(status).headers(headers).send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (route.location) headers['location'] = route.location(asMembers(body));
  const kept: KeptAnswer = { status, headers, body: JSON.stringify(body) };
  if (idempotent && begun && route.effect === 'write') await engine.idempotency.finish(idempotent, begun, kept);
  return sendKept(reply, kept);
}

function sendKept(reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}
