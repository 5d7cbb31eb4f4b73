import type { Address, InvoiceRounding, PaymentDetails } from '@tollkeeper/tenancy';
import type { TaxTreatment } from './vat/tax-treatment.js';
import type { TaxCategory } from './vat/vat-rates.js';

/** From the first instant to before the last, RFC 3339. */
export interface Period {
  readonly start: string;
  readonly end: string;
}

export interface DepartmentName {
  readonly id: string;
  readonly name: string;
}

/** Usage of one meter of one device in one closed period, as its account hands it over. Amounts are exact, not rounded. */
export interface AccountLine {
  readonly device: string;
  readonly department?: DepartmentName;
  readonly meter: string;
  readonly product?: string;
  readonly description: string;
  readonly period: Period;
  readonly quantity: string;
  readonly unit: string;
  /** Exact decimal string, before tax unless `taxIncluded`. */
  readonly amount: string;
  readonly taxIncluded?: boolean;
  readonly taxCategory?: TaxCategory;
  /** It corrects or completes a period that an earlier invoice has billed. */
  readonly adjustment: boolean;
  readonly events: number;
  readonly priceDescription?: string;
  /** Where the account proves it: chain and entries. */
  readonly source?: LineSource;
}

/** Entries `first` to `last` of the chain that a line was taken from. */
export interface LineSource {
  readonly chain: string;
  readonly first: number;
  readonly last: number;
}

/** A fee of the customer, or of one device, beside usage. */
export interface FeeLine {
  readonly feeId: string;
  readonly description: string;
  readonly device?: string;
  readonly department?: DepartmentName;
  readonly period: Period;
  readonly quantity: string;
  readonly unit: string;
  readonly amount: string;
  readonly taxIncluded?: boolean;
  readonly taxCategory?: TaxCategory;
  readonly priceDescription?: string;
}

/** The seller or buyer as printed: copied into the invoice, because an issued invoice never changes. */
export interface InvoiceParty {
  readonly id: string;
  readonly name: string;
  readonly registrationNumber?: string;
  readonly vatNumber?: string;
  readonly address: Address;
  readonly email?: string;
}

/** One line. `net` is rounded to the currency's minor unit; `exact` is what the account or fee said, before rounding. */
export interface InvoiceLine {
  /** 1, 2, 3 … in printing order. On a credit note see `original`. */
  readonly number: number;
  readonly kind: 'usage' | 'fee' | 'credit';
  readonly device?: string;
  readonly department?: DepartmentName;
  readonly meter?: string;
  readonly product?: string;
  readonly feeId?: string;
  readonly description: string;
  readonly priceDescription?: string;
  readonly period: Period;
  readonly quantity: string;
  readonly unit: string;
  readonly exact: string;
  readonly taxIncluded: boolean;
  readonly net: string;
  readonly taxCategory: TaxCategory;
  /** Per cent as a decimal string; 0 under reverse charge and export. */
  readonly taxRate: string;
  readonly adjustment: boolean;
  readonly events: number;
  readonly source?: LineSource;
  /** The line of the original invoice that a line of a credit note takes back. */
  readonly original?: number;
}

export interface DeviceGroup {
  /** Absent for fees of the customer as a whole. */
  readonly device?: string;
  readonly lines: readonly number[];
  readonly net: string;
}

export interface DepartmentGroup {
  readonly department?: DepartmentName;
  readonly devices: readonly DeviceGroup[];
  readonly net: string;
}

/** Article 226 (8)–(10): the taxable amount per rate, the rate and the tax. */
export interface TaxSubtotal {
  readonly taxCategory: TaxCategory;
  readonly rate: string;
  readonly net: string;
  readonly tax: string;
}

export interface InvoiceTotals {
  readonly net: string;
  readonly tax: string;
  /** What makes the payable total equal to the prices with tax, or to the whole unit; mostly 0. */
  readonly rounding: string;
  /** = net + tax + rounding, always. */
  readonly total: string;
}

export interface UsageStatementLine {
  readonly device: string;
  readonly department?: DepartmentName;
  readonly meter: string;
  readonly unit: string;
  readonly quantity: string;
  readonly events: number;
  readonly period: Period;
  readonly adjustment: boolean;
}

/** What a credit note takes back (Article 219 of Directive 2006/112/EC: a specific and unambiguous reference). */
export interface InvoiceReference {
  readonly id: string;
  readonly number: string;
  readonly issuedOn: string;
}

/**
 * An issued invoice or credit note: all that Article 226 of Directive 2006/112/EC requires, and what a person needs to
 * understand it. It is plain JSON with amounts as decimal strings of the currency's minor unit, and never changes. A
 * credit note has negative amounts, so that sums over both kinds are right.
 */
export interface Invoice {
  readonly id: string;
  readonly kind: 'invoice' | 'credit_note';
  readonly number: string;
  /** `yyyy-mm-dd` */
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly currency: string;
  /** BCP 47, what a rendering uses when it is not told otherwise. */
  readonly language: string;
  readonly brandId: string;
  readonly seller: InvoiceParty;
  readonly buyer: InvoiceParty & { readonly business: boolean };
  /** From the first period of the lines to the last: the time of supply, Article 226 (7). */
  readonly period: Period;
  readonly lines: readonly InvoiceLine[];
  readonly groups: readonly DepartmentGroup[];
  readonly taxes: readonly TaxSubtotal[];
  readonly taxTreatment: TaxTreatment;
  readonly taxNote?: string;
  readonly rounding: InvoiceRounding;
  readonly totals: InvoiceTotals;
  readonly paymentTermsDays: number;
  readonly paymentReference: string;
  readonly paymentDetails: PaymentDetails;
  readonly usage: readonly UsageStatementLine[];
  readonly credits?: InvoiceReference;
  readonly reason?: string;
}
