export * from './conformance/chain-store.suite.js';
