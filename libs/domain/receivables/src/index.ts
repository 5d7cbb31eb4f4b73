export * from './customer-account.js';
export * from './dunning.js';
export * from './ledger.js';
export { readBgMax } from './bank-files/bgmax.js';
export { readCamt } from './bank-files/camt.js';
export * from './bank-files/incoming-payment.js';
export * from './bank-files/match-payment.js';
export { largestBankFileBytes, readBankFile } from './bank-files/read-bank-file.js';
