/** Part of an amount that settles one open item. Amounts here are positive decimal strings in the account's currency. */
export interface Allocation {
  readonly invoiceId: string;
  readonly number: string;
  readonly amount: string;
}

/** What an invoice or credit note books: signed as printed, so negative on a credit note. */
export interface DocumentAmounts {
  readonly net: string;
  readonly tax: string;
  readonly rounding: string;
  readonly total: string;
}

/** Where money of a payment comes from: the bank, or the suspense account when it was not matched at first. */
export type PaymentSource = 'bank' | 'suspense';

/**
 * What happened on a customer's account, or (`unmatched`) on the suspense account of a tenant. An event holds all that
 * its postings and the new state need, so that both can be computed again at any time.
 */
export type ReceivablesEvent =
  | ({
      readonly kind: 'invoiced';
      readonly invoiceId: string;
      readonly number: string;
      readonly reference: string;
      readonly dueOn: string;
      /** Earlier credit that pays it at once. */
      readonly fromCredit: string;
    } & DocumentAmounts)
  | ({
      readonly kind: 'credited';
      readonly creditNoteId: string;
      readonly number: string;
      /** Absent for an invoice whose own total is negative. */
      readonly invoiceId?: string;
      readonly allocations: readonly Allocation[];
      readonly toCredit: string;
    } & DocumentAmounts)
  | {
      readonly kind: 'paid';
      readonly paymentId: string;
      readonly source: PaymentSource;
      readonly amount: string;
      readonly allocations: readonly Allocation[];
      readonly toCredit: string;
    }
  | { readonly kind: 'payment_reversed'; readonly paymentId: string; readonly amount: string; readonly fromCredit: string; readonly dueOn: string }
  | { readonly kind: 'refunded'; readonly refundId: string; readonly amount: string }
  | { readonly kind: 'written_off'; readonly invoiceId: string; readonly number: string; readonly amount: string }
  | {
      readonly kind: 'dunned';
      readonly invoiceId: string;
      readonly number: string;
      readonly step: number;
      readonly action: 'reminder' | 'block';
      /** Charged with this step; `0` when it is free. */
      readonly fee: string;
    }
  | { readonly kind: 'unmatched'; readonly paymentId: string; readonly amount: string };
