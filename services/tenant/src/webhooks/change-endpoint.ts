import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { derivedId, fromCanonicalBytes, Problem } from '@tollkeeper/kernel';
import { isIP } from 'node:net';
import { secretHash } from '../keys/secrets.js';
import { chainName, notFound, stateOf } from '../shell/chains.js';
import { oneOf, refuse } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { endpointSecret, type EndpointState, hasSecret, toEndpoint } from './endpoint.js';
import type { EndpointBook } from './endpoint-book.js';
import { factNames } from './fact-payload.js';
import { refusalOf, type WebhookTargets } from './target-policy.js';

const mostEndpoints = 20;
const longestUrl = 2_048;

/** A new endpoint, with its signing secret: shown in this answer, and again only to the same request. */
export async function createEndpoint(
  context: TenantContext,
  book: EndpointBook,
  request: tenantV1.CreateWebhookEndpointRequest,
): Promise<tenantV1.WebhookEndpoint> {
  const { tenantId, cause } = request;
  const given = request.endpoint ?? create(tenantV1.WebhookEndpointSchema);
  const id = derivedId('webhook', tenantId, cause);
  const secret = endpointSecret(context.options.installationSecret, tenantId, id);
  const chain = chainName('webhook', tenantId, id);
  const wanted: EndpointState = {
    id,
    tenantId,
    url: checkUrl(given.url, context.options.webhookTargets ?? 'loopback'),
    events: [...new Set(given.events)].map((event, i) => oneOf(event, factNames, `events[${i}]`)),
    secretHash: secretHash(secret),
    createdAt: context.ports.clock.now(),
  };
  const present = await context.writer.state<EndpointState>(chain);
  if (!present && (await book.of(tenantId)).length >= mostEndpoints) {
    throw new Problem('conflict', `A tenant has at most ${mostEndpoints} webhook endpoints; delete one first.`);
  }
  const { entry } = await context.writer.execute<EndpointState>({
    chain,
    cause,
    now: wanted.createdAt,
    decide: (before) => (before ? undefined : { kind: 'created', body: wanted, state: wanted }),
  });
  const made = entry ? fromCanonicalBytes<EndpointState>(entry.state) : wanted;
  return toEndpoint(made, hasSecret(made, secret) ? secret : '');
}

export async function deleteEndpoint(
  context: TenantContext,
  { tenantId, cause, id }: tenantV1.DeleteRequest,
): Promise<tenantV1.Deleted> {
  await stateOf<EndpointState>(context, 'webhook', tenantId, id, 'webhook endpoint');
  await changeEndpoint(context, { tenantId, id, cause }, 'deleted', (endpoint, now) => {
    return endpoint.deletedAt === undefined ? { ...endpoint, deletedAt: now } : undefined;
  });
  return create(tenantV1.DeletedSchema, { id });
}

/** Stops deliveries to an endpoint that has failed for long; the tenant sees why. */
export function disableEndpoint(context: TenantContext, endpoint: EndpointState, reason: string, cause: string): Promise<void> {
  return changeEndpoint(context, { ...endpoint, cause }, 'disabled', (now) =>
    now.deletedAt === undefined && now.disabledReason === undefined ? { ...now, disabledReason: reason } : undefined,
  );
}

/** A redelivery arrived: the endpoint is well again. */
export function enableEndpoint(context: TenantContext, endpoint: EndpointState, cause: string): Promise<void> {
  return changeEndpoint(context, { ...endpoint, cause }, 'enabled', ({ disabledReason, ...rest }) =>
    disabledReason === undefined ? undefined : rest,
  );
}

async function changeEndpoint(
  context: TenantContext,
  { tenantId, id, cause }: { tenantId: string; id: string; cause: string },
  kind: string,
  change: (endpoint: EndpointState, now: number) => EndpointState | undefined,
): Promise<void> {
  const now = context.ports.clock.now();
  await context.writer.execute<EndpointState>({
    chain: chainName('webhook', tenantId, id),
    cause,
    now,
    decide: (endpoint) => {
      if (!endpoint) throw notFound('webhook endpoint', id);
      const state = change(endpoint, now);
      return state && { kind, body: { id, reason: state.disabledReason }, state };
    },
  });
}

function checkUrl(text: string, targets: WebhookTargets): string {
  const url = text.length <= longestUrl && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    refuse(
      'url',
      `url is not an http or https address of at most ${longestUrl} characters; write it like https://example.com/hooks.`,
    );
  }
  if (url.username !== '' || url.password !== '')
    refuse('url', 'url has a user name or password; every delivery is signed, so leave them out.');
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(literal) === 0 ? undefined : refusalOf(literal, targets);
  if (refusal !== undefined) refuse('url', `${refusal}.`);
  url.hash = '';
  return url.href;
}
