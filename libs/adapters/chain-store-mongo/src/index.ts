export * from './mongo-chain-store.js';
