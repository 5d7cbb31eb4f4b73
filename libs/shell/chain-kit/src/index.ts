export * from './chain-writer.js';
export * from './rounds.js';
export * from './verify-chains.js';
