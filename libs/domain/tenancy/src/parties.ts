/** Where a party is; printed on invoices in this order. `country` is an ISO 3166-1 alpha-2 code. */
export interface Address {
  readonly lines: readonly string[];
  readonly postalCode: string;
  readonly city: string;
  readonly country: string;
}

/** Ways to pay a billing entity; at least one is needed to issue invoices that can be paid. */
export interface PaymentDetails {
  /** Digits of a Swedish bankgiro number. */
  readonly bankgiro?: string;
  /** Compact IBAN. */
  readonly iban?: string;
  readonly bic?: string;
}

export const roundingModes = ['half_up', 'half_even', 'down'] as const;

/** How a legal entity rounds lines and tax to the minor unit of the currency. */
export type InvoiceRounding = (typeof roundingModes)[number];

export const referenceKinds = ['ocr', 'rf'] as const;

/** Swedish OCR reference (Bankgirot), or creditor reference of ISO 11649. */
export type ReferenceKind = (typeof referenceKinds)[number];

/** The legal person that issues invoices: its country decides the VAT table, its currency the books. */
export interface BillingEntity {
  readonly id: string;
  readonly legalName: string;
  readonly registrationNumber: string;
  readonly vatNumber?: string;
  readonly address: Address;
  readonly email?: string;
  readonly currency: string;
  readonly rounding: InvoiceRounding;
  readonly paymentTermsDays: number;
  readonly paymentDetails: PaymentDetails;
  readonly referenceKind: ReferenceKind;
  /** BCP 47 language of invoices when the customer has named none. */
  readonly language: string;
}

/** How a tenant shows itself to the customers of one brand. Colours are `#rrggbb`. */
export interface Brand {
  readonly id: string;
  readonly name: string;
  readonly billingEntityId: string;
  readonly primaryColour: string;
  readonly accentColour: string;
  readonly footer?: string;
  /** PNG or SVG bytes in base64. */
  readonly logo?: { readonly mediaType: 'image/png' | 'image/svg+xml'; readonly dataBase64: string };
}

/** Who is invoiced. Name, address and e-mail are personal data: they live in erasable records, never in chains. */
export interface Customer {
  readonly id: string;
  readonly brandId: string;
  readonly name: string;
  readonly business: boolean;
  readonly registrationNumber?: string;
  readonly vatNumber?: string;
  readonly address: Address;
  readonly email?: string;
  readonly language?: string;
  /** Overrides the term of the billing entity, in days. */
  readonly paymentTermsDays?: number;
  readonly departments: readonly Department[];
  readonly recurringFees: readonly RecurringFee[];
}

export interface Department {
  readonly id: string;
  readonly name: string;
  readonly costCentre?: string;
}

/** A fee per month beside usage. `amount` is a decimal string in the currency of the customer's billing entity, before tax. */
export interface RecurringFee {
  readonly id: string;
  readonly description: string;
  readonly amount: string;
  /** First day, inclusive, `yyyy-mm-dd`. */
  readonly from: string;
  /** Last day, inclusive; absent while it goes on. */
  readonly to?: string;
}

/** A third party that shares in the revenue. */
export interface Partner {
  readonly id: string;
  readonly name: string;
  readonly vatNumber?: string;
  readonly address: Address;
  readonly email?: string;
  readonly language?: string;
  readonly iban?: string;
}
