export * from './agreement.js';
export * from './invoice-share.js';
export * from './partner-account.js';
export * from './statement-csv.js';
