export { ApiClient, type ApiClientOptions, type Download, type Query, RawBody, type SendOptions } from './api-client.js';
export { ApiProblem, ApiUnreachable } from './api-problem.js';
export type { Wire, WirePage } from './wire.js';
