export * from './customer-account.js';
export * from './dunning.js';
export * from './ledger.js';
