import type { Route } from '../http/route.js';

/** A request that the route takes as valid, for tests that go over the whole table. */
export interface SampleRequest {
  readonly method: Route['method'];
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Required query parameters of the routes that have any. */
const requiredQueries: Readonly<Record<string, string>> = { importFile: '?name=january.csv&mapping=sim-csv' };

/** `params` replaces the example ids of the path, so that a test can ask for foreign or absent ones. */
export function sampleRequest(route: Route, params: Readonly<Record<string, string>> = {}): SampleRequest {
  const path = route.path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(params[name] ?? route.params?.[name]?.example ?? 'x'));
  const { body } = route;
  const required = Object.entries(route.headers ?? {}).filter(([, header]) => header.required);
  const headers: Record<string, string> = Object.fromEntries(required.map(([name, header]) => [name.toLowerCase(), header.example]));
  if (body?.kind === 'json') headers['content-type'] = 'application/json';
  const [type, content] = body && body.kind !== 'json' ? (Object.entries(body.examples)[0] ?? []) : [];
  if (type !== undefined) headers['content-type'] = type;
  return {
    method: route.method,
    url: `${path}${requiredQueries[route.operationId] ?? ''}`,
    headers,
    body: body?.kind === 'json' ? JSON.stringify(body.example) : content,
  };
}
