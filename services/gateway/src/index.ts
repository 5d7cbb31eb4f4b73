export { GatewayModule } from './gateway.module.js';
export type { GatewayLimits, GatewayOptions, PressureOptions, RateLimitOptions, RateLimitPeers } from './gateway.options.js';
export { createGatewayAdapter } from './http/gateway.adapter.js';
export type { Route, RouteBody } from './http/route.js';
export { openApiDocument } from './openapi/document.js';
export { routeTable } from './routes/route-table.js';
export { sampleRequest, type SampleRequest } from './routes/sample-request.js';
