export * from './actor-host.js';
export * from './bus.js';
export * from './chain-store.js';
export * from './timers.js';
export * from './view-store.js';
