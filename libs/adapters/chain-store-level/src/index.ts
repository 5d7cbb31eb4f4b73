export * from './level-chain-store.js';
