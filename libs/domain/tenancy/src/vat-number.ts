import { checkVAT, countries } from 'jsvat';
import { isEuMember } from './countries.js';

/** What the form and the check digits of a VAT number tell; whether it is registered only the tax authority (VIES) knows. */
export type VatNumberCheck =
  | { readonly ok: true; readonly number: string; readonly country: string }
  | { readonly ok: false; readonly reason: 'unsupported_country' | 'malformed' | 'check_digit' };

/**
 * Checks a VAT number with its country prefix by the country's format and check digits (jsvat). The answer holds it
 * compact and in capitals, and its country as an ISO 3166-1 code.
 */
export function checkVatNumber(text: string): VatNumberCheck {
  const compact = text.replace(/[\s.-]/g, '').toUpperCase();
  const result = checkVAT(compact, countries);
  if (result.isValid && result.country) return { ok: true, number: compact, country: result.country.isoCode.short };
  if (!result.isSupportedCountry) return { ok: false, reason: compact.length < 4 ? 'malformed' : 'unsupported_country' };
  return { ok: false, reason: result.isValidFormat ? 'check_digit' : 'malformed' };
}

/** Whether `text` is a well-formed VAT number of a member state of the European Union. */
export function isEuVatNumber(text: string): boolean {
  const check = checkVatNumber(text);
  return check.ok && isEuMember(check.country);
}
