import { Problem } from '@tollkeeper/kernel';
import { parseBankgiro, parseBic, parseIban } from './bank-accounts.js';
import { isCountryCode } from './countries.js';
import {
  referenceKinds,
  roundingModes,
  type Address,
  type BillingEntity,
  type Brand,
  type Customer,
  type Partner,
} from './parties.js';
import { checkVatNumber } from './vat-number.js';

const longestTermDays = 365;
const largestLogoBytes = 1_000_000;

/** Throws `invalid_request` naming the first member of the billing entity that cannot be right. */
export function assertBillingEntity(entity: BillingEntity): void {
  assertText(entity.legalName, 'legal_name');
  assertText(entity.registrationNumber, 'registration_number');
  assertAddress(entity.address);
  assertVatNumberOf(entity.vatNumber, entity.address.country);
  if (!/^[A-Z]{3}$/.test(entity.currency))
    refuse('currency', `“${entity.currency}” is not a currency code; write three capitals such as SEK.`);
  if (!roundingModes.includes(entity.rounding)) refuse('rounding', `rounding is one of ${roundingModes.join(', ')}.`);
  if (!referenceKinds.includes(entity.referenceKind))
    refuse('reference_kind', `reference_kind is one of ${referenceKinds.join(', ')}.`);
  assertTerms(entity.paymentTermsDays);
  assertLanguage(entity.language);
  assertEmail(entity.email);
  const { bankgiro, iban, bic } = entity.paymentDetails;
  if (bankgiro === undefined && iban === undefined)
    refuse('payment_details', 'Name a bankgiro or an IBAN, so that customers can pay.');
  if (bankgiro !== undefined && !parseBankgiro(bankgiro)) {
    refuse('payment_details.bankgiro', `“${bankgiro}” is not a bankgiro number: seven or eight digits, the last a check digit.`);
  }
  assertIban(iban, 'payment_details.iban');
  if (bic !== undefined && !parseBic(bic)) refuse('payment_details.bic', `“${bic}” is not a BIC of 8 or 11 characters.`);
}

/** Throws `invalid_request` naming the first member of the customer that cannot be right. */
export function assertCustomer(customer: Customer): void {
  assertText(customer.name, 'name');
  assertAddress(customer.address);
  if (customer.vatNumber !== undefined && !customer.business)
    refuse('vat_number', 'Only a business has a VAT number; set business to true.');
  assertVatNumber(customer.vatNumber);
  assertEmail(customer.email);
  assertLanguage(customer.language);
  if (customer.paymentTermsDays !== undefined) assertTerms(customer.paymentTermsDays);
  assertUnique(customer.departments, 'departments');
  assertUnique(customer.recurringFees, 'recurring_fees');
  customer.departments.forEach((department, i) => assertText(department.name, `departments[${i}].name`));
  customer.recurringFees.forEach((fee, i) => {
    assertText(fee.description, `recurring_fees[${i}].description`);
    if (!/^-?\d{1,20}(\.\d{1,20})?$/.test(fee.amount))
      refuse(`recurring_fees[${i}].amount`, 'Write the amount as a decimal string such as "49.00".');
    if (!isDate(fee.from)) refuse(`recurring_fees[${i}].from`, 'Write the first day as yyyy-mm-dd.');
    if (fee.to !== undefined && (!isDate(fee.to) || fee.to < fee.from)) {
      refuse(`recurring_fees[${i}].to`, 'Write the last day as yyyy-mm-dd, not before the first.');
    }
  });
}

/** Throws `invalid_request` naming the first member of the partner that cannot be right. */
export function assertPartner(partner: Partner): void {
  assertText(partner.name, 'name');
  assertAddress(partner.address);
  assertVatNumber(partner.vatNumber);
  assertEmail(partner.email);
  assertLanguage(partner.language);
  assertIban(partner.iban, 'iban');
}

/** Throws `invalid_request` naming the first member of the brand that cannot be right. */
export function assertBrand(brand: Brand): void {
  assertText(brand.name, 'name');
  for (const [param, colour] of [
    ['primary_colour', brand.primaryColour],
    ['accent_colour', brand.accentColour],
  ] as const) {
    if (!/^#[0-9a-fA-F]{6}$/.test(colour)) refuse(param, `“${colour}” is not a colour; write it as #rrggbb.`);
  }
  if (brand.logo && brand.logo.dataBase64.length > (largestLogoBytes * 4) / 3)
    refuse('logo', 'The logo is larger than 1 MB; send a smaller one.');
}

/** Whether `text` is a day of the calendar written `yyyy-mm-dd`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}

function assertAddress(address: Address): void {
  if (!isCountryCode(address.country)) {
    refuse('address.country', `“${address.country}” is not a country; write its ISO 3166-1 code in two capitals, such as SE.`);
  }
  assertText(address.city, 'address.city');
  if (address.lines.length > 4) refuse('address.lines', 'An address has at most four lines before the postal code.');
}

function assertVatNumber(vatNumber: string | undefined): string | undefined {
  if (vatNumber === undefined) return undefined;
  const check = checkVatNumber(vatNumber);
  if (check.ok) return check.country;
  const why = {
    unsupported_country: 'does not begin with the prefix of a country that we can check',
    malformed: 'does not have the form of its country’s VAT numbers',
    check_digit: 'has wrong check digits; look for a mistyped digit',
  }[check.reason];
  return refuse('vat_number', `“${vatNumber}” ${why}.`);
}

function assertVatNumberOf(vatNumber: string | undefined, country: string): void {
  const found = assertVatNumber(vatNumber);
  if (found !== undefined && found !== country)
    refuse('vat_number', `The VAT number is of ${found}, but the address is in ${country}.`);
}

function assertIban(iban: string | undefined, param: string): void {
  if (iban !== undefined && !parseIban(iban))
    refuse(param, `“${iban}” is not an IBAN: its country, length or check digits are wrong.`);
}

function assertTerms(days: number): void {
  if (!Number.isInteger(days) || days < 0 || days > longestTermDays) {
    refuse('payment_terms_days', `Payment terms are whole days from 0 to ${longestTermDays}.`);
  }
}

function assertEmail(email: string | undefined): void {
  if (email !== undefined && (email.length > 254 || !/^[^\s@]+@[^\s@]+$/.test(email)))
    refuse('email', `“${email}” is not an e-mail address.`);
}

function assertLanguage(language: string | undefined): void {
  if (language !== undefined && !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language)) {
    refuse('language', `“${language}” is not a language tag; write one such as sv or nl-NL.`);
  }
}

function assertText(text: string, param: string): void {
  if (text.trim() === '') refuse(param, `${param} is empty.`);
  if (text.length > 200) refuse(param, `${param} has more than 200 characters.`);
}

function assertUnique(items: readonly { readonly id: string }[], param: string): void {
  const seen = new Set<string>();
  items.forEach((item, i) => {
    if (seen.has(item.id)) refuse(`${param}[${i}].id`, `“${item.id}” stands twice in ${param}.`);
    seen.add(item.id);
  });
}

function refuse(param: string, detail: string): never {
  throw new Problem('invalid_request', detail, { param });
}
