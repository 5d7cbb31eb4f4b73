export * from './account-commands.js';
export * from './customer-account.js';
export * from './dunning.js';
export { type LedgerAccount, ledgerAccounts, type Posting, postingsFor, trialBalance } from './ledger.js';
export * from './receivables-event.js';
