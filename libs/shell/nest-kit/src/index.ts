export * from './clock/tenant-clocks.js';
export * from './facts/publish-facts.js';
export * from './facts/topics.js';
export * from './rpc/in-process.transport.js';
export * from './rpc/problem-rpc.filter.js';
export * from './rpc/rpc.js';
export * from './service-ports.js';
export * from './trace/trace-context.js';
