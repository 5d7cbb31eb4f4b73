import { fromRfc3339 } from '@tollkeeper/kernel';
import { isDate } from '@tollkeeper/tenancy';
import { z } from 'zod';
import { pathPart } from '../http/validate.js';

/** A line of text for people, without control characters. */
export function text(most: number): z.ZodString {
  return z
    .string()
    .min(1, 'is empty; write at least one character')
    .max(most, `has more than ${most} characters`)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'holds a control character; write it on one line');
}

/** An id, code or reference, as it may stand in an address. */
export const reference = z.string().regex(pathPart, 'is 1 to 64 letters, digits or . _ - ~ : * + @ = |');

/** A stable word of the tenant's own: `kwh`, `standard-2026`. */
export const code = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'is a code of 1 to 63 letters, digits, dots, dashes or underscores');

/** A decimal as text, so that no digit is lost; without exponent. */
export const decimal = z
  .string()
  .regex(/^-?(0|[1-9]\d{0,19})(\.\d{1,18})?$/, 'is a decimal written as text, such as "12.50": no exponent, at most 20 digits before and 18 after the point');

export const amount = decimal.regex(/^[^-]/, 'is not negative');

export const currency = z.string().regex(/^[A-Z]{3}$/, 'is an ISO 4217 currency code such as SEK');

export const country = z.string().regex(/^[A-Z]{2}$/, 'is an ISO 3166-1 country code in two capitals such as SE');

export const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'is a language tag such as sv or nl-NL');

export const email = z.string().max(254).regex(/^[^\s@]+@[^\s@]+$/, 'is an e-mail address');

export const timeZone = z.string().max(64).regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,2}$/, 'is an IANA time zone such as Europe/Stockholm');

/** RFC 3339. */
export const instant = z
  .string()
  .max(40)
  .refine((value) => fromRfc3339(value) !== undefined, 'is a time such as 2026-01-31T23:59:59Z (RFC 3339, with an offset)')
  .meta({ format: 'date-time' });

export const date = z.string().max(10).refine(isDate, 'is a day that exists, written yyyy-mm-dd').meta({ format: 'date' });

export const percentage = z.string().regex(/^(100(\.0{1,6})?|\d{1,2}(\.\d{1,6})?)$/, 'is a percentage from "0" to "100" written as text, such as "12.5"');

export const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'is a colour written #rrggbb');

/** The members of every list's query. */
const paging = {
  limit: z.coerce.number().int().min(1, 'is at least 1').max(100, 'is at most 100').default(25).describe('How many items at most.'),
  cursor: z.string().min(1).max(1024).optional().describe('`next_cursor` of the page before.'),
};

export function listQuery<S extends z.ZodRawShape>(filters?: S) {
  return z.strictObject({ ...paging, ...filters });
}

export const address = z
  .strictObject({
    line1: text(200),
    line2: text(200).optional(),
    postal_code: text(20),
    city: text(100),
    country,
  })
  .describe('Postal address, as it is printed on invoices.');

/** A yes or no in a query. */
export const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], error: 'is true or false' });
