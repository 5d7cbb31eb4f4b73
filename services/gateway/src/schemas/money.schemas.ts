import { z } from 'zod';
import { amount, code, currency, date, decimal, instant, percentage, reference, text } from './value.schemas.js';

export const billRunBody = z.strictObject({
  billing_entity_id: reference,
  until: instant.optional().describe('Periods that end at or before this are invoiced; default: now.'),
  customer_ids: z.array(reference).max(1000).optional().describe('Only these customers; without any, all that are due.'),
  all: z.boolean().optional().describe('Close accounts although they hold less than their minimum.'),
});

const creditLine = z.strictObject({
  number: z.int().min(1).max(1_000_000).describe('Number of the line on the invoice.'),
  net: amount.optional().describe('Net to credit; without it, the whole line.'),
});

export const creditNoteBody = z.strictObject({
  reason: text(500),
  lines: z.array(creditLine).max(10_000).optional().describe('Without any: everything that is left.'),
});

export const paymentBody = z.strictObject({
  amount: amount.regex(/[1-9]/, 'is above zero'),
  currency,
  reference: text(60).optional().describe('OCR or RF reference of the invoice.'),
  received_at: instant.optional().describe('Default: now.'),
  text: text(500).optional(),
  payer: text(200).optional(),
  bank_identity: text(100).optional().describe('Identity at the bank: the same payment twice is one.'),
  customer_id: reference.optional(),
});

export const assignBody = z
  .strictObject({ customer_id: reference.optional(), invoice_id: reference.optional() })
  .refine((body) => body.customer_id !== undefined || body.invoice_id !== undefined, 'names neither a customer_id nor an invoice_id; write one of them');

const dunningStep = z.strictObject({
  days_after_due: z.int().min(0).max(3650),
  action: z.enum(['reminder', 'block']),
  fee: amount.optional(),
  currency: currency.optional(),
});

export const dunningPolicyBody = z.strictObject({
  steps: z.array(dunningStep).max(20),
  minimum: decimal.optional().describe('Overdue below this is left alone.'),
});

const commissionRate = z.strictObject({
  meter: z.union([z.literal('*'), code, z.string().regex(/^fee:[a-z0-9._-]{1,63}$/i)]).describe('Meter code, fee:<code> for a recurring fee, or * for every other.'),
  percentage,
});

export const agreementBody = z.strictObject({
  partner_id: reference,
  basis: z.enum(['invoiced', 'paid']),
  rates: z.array(commissionRate).min(1).max(200),
  start_date: date,
  end_date: date.optional(),
  currency,
});
