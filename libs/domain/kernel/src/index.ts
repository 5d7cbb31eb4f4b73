export * from './canonical-json.js';
export * from './chain/append.js';
export * from './chain/encoding.js';
export * from './chain/entry.js';
export * from './chain/verify.js';
export * from './clock.js';
export * from './ids.js';
export * from './problem.js';
