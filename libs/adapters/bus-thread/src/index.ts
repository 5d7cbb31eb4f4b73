export type { Wire } from './messages.js';
export { serveBus, type ServeBusOptions } from './serve-bus.js';
export { ThreadBus } from './thread-bus.js';
