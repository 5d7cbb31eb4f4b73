import { roles, scopes } from '@tollkeeper/tenancy';
import { z } from 'zod';
import {
  address, amount, code, colour, country, currency, date, email, instant, language, reference, text, timeZone,
} from './value.schemas.js';

export const tenantBody = z.strictObject({
  name: text(200),
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'is 1 to 63 lower-case letters, digits or dashes').describe("The tenant's own address part, unique."),
  mode: z.enum(['live', 'sandbox']).describe('Only a sandbox has a test clock.'),
  clock_start: instant.optional().describe('Where the test clock of a sandbox begins; default: now.'),
});

export const apiKeyBody = z.strictObject({
  name: text(200).describe('For people: what uses the key.'),
  role: z.enum(roles).exclude(['operator']).describe('Gives the key the scopes of the role.'),
  scopes: z.array(z.enum(scopes)).max(scopes.length).optional().describe('Instead of the scopes of the role. Nobody gives more than they have.'),
  customer_id: reference.optional().describe('Binds a key of the role customer to this customer.'),
  partner_id: reference.optional().describe('Binds a key of the role partner to this partner.'),
});

const paymentDays = z.int().min(0).max(365).describe('Days from issue to due date.');

export const billingEntityBody = z.strictObject({
  name: text(200),
  registration_number: text(40),
  vat_number: text(20).optional(),
  address,
  currency,
  series: z.string().regex(/^[A-Z0-9-]{1,10}$/, 'is 1 to 10 capitals, digits or dashes').describe('Prefix of the invoice numbers.'),
  iban: text(42).optional(),
  bic: text(11).optional(),
  bankgiro: text(10).optional(),
  rounding: z.enum(['half_up', 'half_even']).default('half_up'),
  reference_kind: z.enum(['ocr', 'rf']).default('rf').describe('Payment references: ocr (Bankgirot) or rf (ISO 11649).'),
  payment_days: paymentDays.default(30),
  vat_category: z.enum(['standard', 'reduced', 'zero']).default('standard'),
  time_zone: timeZone.describe('Days of invoices and dunning are days there.'),
});

export const brandBody = z.strictObject({
  name: text(200),
  billing_entity_id: reference,
  primary_color: colour.default('#1f3a5f'),
  accent_color: colour.default('#e8833a'),
  logo_svg: z.string().max(200_000).optional().describe('SVG text, at most 200,000 characters.'),
  support_email: email.optional(),
  website: z.string().max(500).regex(/^https?:\/\/\S+$/, 'is an http or https address').optional(),
  language: language.default('en'),
});

const department = z.strictObject({ code, name: text(200) });

export const customerBody = z.strictObject({
  kind: z.enum(['consumer', 'company']),
  brand_id: reference,
  reference: reference.optional().describe("The tenant's own number for the customer."),
  name: text(200),
  email: email.optional(),
  address: address.optional(),
  vat_number: text(20).optional(),
  language: language.optional(),
  departments: z.array(department).max(1000).optional(),
  payment_days: paymentDays.optional(),
  country: country.optional().describe('Decides the VAT; default: that of the address.'),
});

export const partnerBody = z.strictObject({
  name: text(200),
  email: email.optional(),
  vat_number: text(20).optional(),
  iban: text(42).optional(),
  currency,
  language: language.optional(),
  address: address.optional(),
});

const mostDevices = 1000;

const device = z.strictObject({
  reference: reference.describe('What usage calls it (EVSE id, ICCID, DevEUI …); unique in the tenant and never changed.'),
  name: text(200).optional(),
  kind: code.optional().describe('charge_point, sim, sensor, hub …'),
  customer_id: reference.optional(),
  department: code.optional(),
  contract_id: reference.optional(),
  partner_id: reference.optional(),
  tags: z.record(code, text(200)).refine((tags) => Object.keys(tags).length <= 50, 'has more than 50 tags').optional(),
});

export const devicesBody = z.strictObject({ devices: z.array(device).min(1).max(mostDevices) });

const recurringFee = z.strictObject({
  code,
  description: text(200),
  amount,
  per: z.enum(['device', 'contract']).default('device'),
});

const hold = z.strictObject({
  threshold: amount.optional().describe('Close an account as soon as it holds this much.'),
  minimum: amount.optional().describe('At the end of a period keep less than this for later …'),
  longest_days: z.int().min(0).max(730).optional().describe('… but never longer than this many days.'),
});

const contractMembers = {
  customer_id: reference,
  reference: reference.optional(),
  currency,
  time_zone: timeZone,
  period: z.enum(['monthly', 'weekly', 'days28', 'yearly']).default('monthly'),
  anchor_day: z.int().min(1).max(31).default(1).describe("Day of the month on which periods begin; 29 to 31 clamp to the month's last day."),
  price_lists: z.array(code).min(1).max(20).describe('First match wins: customer overrides first, the fallback last.'),
  recurring_fees: z.array(recurringFee).max(50).optional(),
  hold: hold.optional(),
  start_date: date,
  end_date: date.optional(),
  devices: z.array(reference).max(10_000).describe('References of the devices under it.'),
};

export const contractBody = z.strictObject(contractMembers);

/** Members left out keep their value; devices are added. */
export const amendmentBody = z.strictObject({
  ...z.strictObject(contractMembers).omit({ customer_id: true, currency: true, start_date: true }).partial().shape,
  period: contractMembers.period.unwrap().optional(),
  anchor_day: contractMembers.anchor_day.unwrap().optional(),
  clear: z.array(z.enum(['end_date', 'recurring_fees', 'hold'])).max(3).optional().describe('Members that the amendment empties.'),
});

export const webhookBody = z.strictObject({
  url: z.string().max(2000).regex(/^https?:\/\/\S+$/, 'is an http or https address'),
  events: z.array(z.string().regex(/^[a-z_]+\.[a-z_]+$/, 'is a name such as invoice.issued')).max(50).optional().describe('Names of the events wanted; without any, all.'),
});

export const clockBody = z.strictObject({ to: instant.describe('The new present moment; not before the present one.') });
