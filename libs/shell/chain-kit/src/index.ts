export * from './chain-writer.js';
export * from './verify-chains.js';
