export { NatsServerUnfit } from './connection.js';
export { JetStreamBus, type JetStreamBusOptions } from './jet-stream-bus.js';
export { StreamUnfit } from './failures.js';
