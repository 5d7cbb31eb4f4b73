import type { DescMessage, DescMethodUnary, JsonObject, JsonValue, MessageShape } from '@bufbuild/protobuf';
import type { tenantV1 } from '@tollkeeper/contracts';
import type { ServicePorts } from '@tollkeeper/nest-kit';
import type { Scope } from '@tollkeeper/tenancy';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { GatewayLimits } from '../gateway.options.js';

export const tags = {
  Installation: 'Health, and the tenants of the installation.',
  Access: 'Who calls, and API keys.',
  Sellers: 'Billing entities (the legal persons that invoice) and brands.',
  Customers: 'Who is invoiced, their devices and contracts.',
  Catalogue: 'Meters and price lists.',
  Usage: 'Usage events, files, mappings, receipts and the quarantine.',
  Accounts: 'Transaction accounts of devices.',
  Invoicing: 'Bill runs, invoices, credit notes.',
  Receivables: 'Customer accounts, payments, dunning.',
  Partners: 'Partners, agreements, accounts, statements.',
  Webhooks: 'Signed notifications of what happened.',
  Proof: 'Verification of chains and of pricing, and the test clock of sandboxes.',
} as const;

type Tag = keyof typeof tags;

/** A part of the path. */
export interface PathParam {
  readonly description: string;
  readonly example: string;
  /** Field of the request message that it fills; default: the parameter's own name. */
  readonly field?: string;
}

/** Another way to write the same JSON body. */
export interface Representation {
  readonly mediaType: string;
  /** @throws Problem that names the line */
  readonly parse: (bytes: Uint8Array) => JsonValue;
  readonly example: string;
}

export interface JsonBody {
  readonly kind: 'json';
  readonly schema: z.ZodType;
  readonly example: JsonValue;
  /** Field of the request message that the body fills; without it the members of the body are fields themselves. */
  readonly into?: string;
  readonly also?: readonly Representation[];
  /** True when the body may be left out; then it counts as `{}`. */
  readonly optional?: boolean;
}

/** Bytes that a service reads itself. */
export interface RawBody {
  readonly kind: 'raw';
  /** Undefined: whatever is sent is handed on, and the service says what it takes. */
  readonly mediaTypes: readonly string[] | undefined;
  readonly examples: Readonly<Record<string, string>>;
  readonly description: string;
  /** Which of the limits of the gateway counts. */
  readonly limit: 'usageBytes' | 'importBytes';
}

/** Bytes of any amount, handed on while they arrive. */
interface StreamBody {
  readonly kind: 'stream';
  readonly examples: Readonly<Record<string, string>>;
  readonly description: string;
}

export type RouteBody = JsonBody | RawBody | StreamBody;

/**
 * How a key bound to one customer (or partner) is kept to its own. Without any, such a key is refused.
 * `query`: the list is restricted by that field. `param`: that part of the path must be its own id.
 * `answer`: that field of the answer must be its own id. `ask`: that field of what this method answers for the id in the path.
 */
export type OwnedBy =
  | { readonly by: 'query'; readonly field: string }
  | { readonly by: 'param'; readonly name: string }
  | { readonly by: 'answer'; readonly field: string }
  | { readonly by: 'ask'; readonly method: DescMethodUnary; readonly param: string; readonly field: string };

/** A header of the request beside those that every route takes. */
interface HeaderParam {
  readonly description: string;
  readonly example: string;
  readonly required?: boolean;
}

/** What one request is about, after everything was checked. */
export interface Call {
  readonly ports: ServicePorts;
  readonly principal: tenantV1.Principal;
  /** From the credential alone; empty for the operator of the installation. */
  readonly tenantId: string;
  readonly requestId: string;
  /** Names this command to services: the request id, or that of the first request with the same Idempotency-Key. */
  readonly cause: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: JsonObject;
  /** Parsed JSON of a `json` body, bytes of a `raw` one, the stream of a `stream` one. */
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly limits: GatewayLimits;
  readonly readiness: Readonly<Record<string, () => Promise<unknown>>>;
  /** Representation that Accept chose among `types`. */
  readonly mediaType: string;
  /**
   * Asks a service with the given fields, `tenant_id`, `cause` and the tenant's present moment. Only routes of the operator
   * act on behalf of a tenant that the path names.
   */
  ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    fields: JsonObject,
    onBehalfOf?: string,
  ): Promise<MessageShape<O>>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Media type of `body` when it is not JSON. */
  readonly contentType?: string;
  readonly body: JsonValue | Uint8Array;
}

export interface RouteAnswer {
  readonly status: 200 | 201 | 202;
  readonly description: string;
  /** The message whose public JSON is answered … */
  readonly message?: DescMessage;
  /** … or the schema and an example of JSON that is no message. */
  readonly json?: { readonly schema: z.ZodType; readonly example: JsonValue };
  /** Representations, the default first; default application/json. */
  readonly types?: readonly string[];
  /** Members of the example that differ from what is made up by field name. */
  readonly example?: JsonObject;
}

/** One operation of the public API: everything that the engine, the OpenAPI document and the tests know of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In OpenAPI's form: `/v1/customers/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: Tag;
  /** One of these is needed; `public` needs no key, `any` any key. */
  readonly scope: Scope | readonly Scope[] | 'public' | 'any';
  /** Only a write takes part in idempotency. Usage and uploads carry identities of their own. */
  readonly effect: 'read' | 'write' | 'usage' | 'upload';
  readonly params?: Readonly<Record<string, PathParam>>;
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, HeaderParam>>;
  readonly body?: RouteBody;
  readonly answer: RouteAnswer;
  readonly bound?: { readonly customer?: OwnedBy; readonly partner?: OwnedBy };
  /** The proto method that is asked, when one answers the route alone. */
  readonly asks?: DescMethodUnary;
  /** Last change to the fields of the request message. */
  readonly prepare?: (fields: JsonObject, call: Call) => JsonObject;
  /** Path of what was made, for the Location header. */
  readonly location?: (json: JsonObject) => string;
  /** Answers by itself, instead of `asks`. */
  readonly handle?: (call: Call) => Promise<Answer>;
  /** Told after a write was done. */
  readonly after?: 'forget_key';
}
