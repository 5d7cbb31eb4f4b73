import { electronicFormatIBAN, friendlyFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools';
import { hasMod10CheckDigit } from './check-digits.js';

/** The IBAN (ISO 13616) without spaces and in capitals, or undefined when its country, length, structure or check digits are wrong. */
export function parseIban(text: string): string | undefined {
  const compact = electronicFormatIBAN(text);
  return compact !== null && compact.length === text.replace(/[\s-]/g, '').length && isValidIBAN(compact) ? compact : undefined;
}

/** Groups of four, the way ISO 13616 prints an IBAN on paper. */
export function printIban(iban: string): string {
  return friendlyFormatIBAN(iban) ?? iban;
}

/** The BIC (ISO 9362) in capitals, or undefined when it is not built like one. */
export function parseBic(text: string): string | undefined {
  const compact = text.replace(/\s/g, '').toUpperCase();
  return isValidBIC(compact) ? compact : undefined;
}

/** The digits of a Swedish bankgiro number (seven or eight, the last one by 10-modulus), or undefined when it is not one. */
export function parseBankgiro(text: string): string | undefined {
  if (!/^\d{3,4}-?\d{4}$/.test(text.trim())) return undefined;
  const digits = text.replace(/\D/g, '');
  return hasMod10CheckDigit(digits) ? digits : undefined;
}

/** As printed on invoices: a hyphen before the last four digits. */
export function printBankgiro(digits: string): string {
  return `${digits.slice(0, -4)}-${digits.slice(-4)}`;
}
