export * from './credit-invoice.js';
export * from './invoice.js';
export { addDays, type InvoiceRequest, issueInvoice } from './issue-invoice.js';
export * from './payment-reference.js';
export * from './recurring-fees.js';
export * from './vat/tax-treatment.js';
export * from './vat/vat-rates.js';
