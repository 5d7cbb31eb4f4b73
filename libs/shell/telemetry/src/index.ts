export * from './start-telemetry.js';
export { actorServerSpan } from './traced-actor-host.js';
export * from './traced-ports.js';
