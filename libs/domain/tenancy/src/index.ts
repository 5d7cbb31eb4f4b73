export * from './bank-accounts.js';
export * from './check-digits.js';
export * from './countries.js';
export * from './parties.js';
export * from './scopes.js';
export * from './validate-parties.js';
export * from './vat-number.js';
