import { checkVatNumber, isCountryCode, parseIban } from '@tollkeeper/tenancy';
import { fromRfc3339, type Instant, Problem } from '@tollkeeper/kernel';
import { decimalFault, describeDecimalFault, parseDecimal } from '@tollkeeper/money';

export function refuse(param: string, detail: string): never {
  throw new Problem('invalid_request', detail, { param });
}

const longestText = 200;

/** The text, trimmed. @throws Problem when it is empty, too long, or has control characters. */
export function requiredText(text: string, param: string, longest = longestText): string {
  const trimmed = optionalText(text, param, longest);
  if (trimmed === '') refuse(param, `${param} is empty; give it a value.`);
  return trimmed;
}

export function optionalText(text: string, param: string, longest = longestText): string {
  const trimmed = text.trim();
  if (trimmed.length > longest) refuse(param, `${param} has ${trimmed.length} characters; at most ${longest} are kept.`);
  if (/\p{Cc}/u.test(trimmed)) refuse(param, `${param} has control characters such as line breaks; leave them out.`);
  if (!trimmed.isWellFormed()) refuse(param, `${param} has half a surrogate pair; send well-formed Unicode.`);
  return trimmed;
}

export function oneOf<T extends string>(text: string, allowed: readonly T[], param: string): T {
  const found = allowed.find((value) => value === text);
  return found ?? refuse(param, `“${text.slice(0, 40)}” is not a ${param}; write one of ${allowed.join(', ')}.`);
}

export function timeZone(text: string, param: string): string {
  try {
    if (/^[A-Za-z]/.test(text)) return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone && text;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return refuse(param, `“${text.slice(0, 60)}” is not a time zone; write an IANA name such as Europe/Stockholm.`);
}

export function country(text: string, param: string): string {
  return isCountryCode(text)
    ? text
    : refuse(param, `“${text.slice(0, 40)}” is not a country; write its ISO 3166-1 code in two capitals, such as SE.`);
}

export function email(text: string, param: string): string {
  const trimmed = optionalText(text, param, 254);
  return trimmed === '' || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(trimmed)
    ? trimmed
    : refuse(param, `${param} is not an e-mail address such as anna@example.com.`);
}

export function language(text: string, param: string): string {
  return /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text)
    ? text
    : refuse(param, `“${text.slice(0, 40)}” is not a language tag; write one such as sv or nl-NL.`);
}

/** The compact number, or empty. Its country is the ISO code (a Greek number says EL). */
export function vatNumber(text: string, param: string): { readonly number: string; readonly country: string } {
  if (text.trim() === '') return { number: '', country: '' };
  const check = checkVatNumber(text);
  if (check.ok) return check;
  const why = {
    unsupported_country: 'does not begin with the prefix of a country whose numbers can be checked',
    malformed: 'does not have the form of its country’s VAT numbers',
    check_digit: 'has wrong check digits; look for a mistyped digit',
  }[check.reason];
  return refuse(param, `“${text.slice(0, 40)}” ${why}.`);
}

export function iban(text: string, param: string): string {
  if (text.trim() === '') return '';
  return (
    parseIban(text) ?? refuse(param, `“${text.slice(0, 50)}” is not an IBAN: its country, length or check digits are wrong.`)
  );
}

/** A decimal of zero or more, as it was written; empty stays empty. */
export function amount(text: string, param: string): string {
  if (text === '') return text;
  const fault = decimalFault(text);
  if (fault) refuse(param, `${param}: ${describeDecimalFault(fault, text)}.`);
  if (parseDecimal(text).sign() < 0) refuse(param, `${param} is below zero; write an amount of zero or more.`);
  return text;
}

export function instant(text: string, param: string): Instant {
  return fromRfc3339(text) ?? refuse(param, `“${text.slice(0, 40)}” is not a time; write it like 2026-03-01T00:00:00Z.`);
}
