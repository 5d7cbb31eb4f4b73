import { normalisePaymentReference, referencesIn } from '@tollkeeper/invoicing';
import type { IncomingPayment } from './incoming-payment.js';

/** What a lookup knows of a reference: the customer whose invoice carries it. */
export interface ReferenceOwner {
  readonly customerId: string;
  readonly invoiceId: string;
}

export type PaymentMatch<Owner extends ReferenceOwner = ReferenceOwner> =
  | {
      readonly kind: 'matched';
      readonly by: 'reference' | 'message';
      readonly customerId: string;
      readonly owners: readonly Owner[];
    }
  /** `several_customers`: its references belong to more than one, and a person has to decide. */
  | { readonly kind: 'unmatched'; readonly reason: 'no_reference' | 'unknown_reference' | 'several_customers' };

/** What a payment says about what it pays. */
export type NamingPayment = Pick<IncomingPayment, 'reference' | 'furtherReferences' | 'text'>;

/** Every reference that a payment names, in normal form, in order: structured ones; those in its message. */
export function referencesOf(payment: NamingPayment): {
  readonly structured: readonly string[];
  readonly message: readonly string[];
} {
  const structured = [payment.reference, ...payment.furtherReferences.map(({ reference }) => reference)].flatMap((reference) =>
    reference ? [normalisePaymentReference(reference)] : [],
  );
  return { structured: [...new Set(structured)], message: referencesIn(payment.text ?? '') };
}

/**
 * Finds whose invoice a payment pays. `lookup` is asked with references in normal form (`normalisePaymentReference`) and
 * answers everybody whose invoice carries it: entities of one tenant may give out the same ones.
 * Structured references decide; only when none of them is known are those in the message tried.
 */
export function matchPayment<Owner extends ReferenceOwner>(
  payment: NamingPayment,
  lookup: (reference: string) => readonly Owner[],
): PaymentMatch<Owner> {
  const { structured, message } = referencesOf(payment);
  for (const [by, references] of [
    ['reference', structured],
    ['message', message],
  ] as const) {
    const owners = references.flatMap((reference) => lookup(reference));
    const [owner] = owners;
    if (!owner) continue;
    if (owners.some(({ customerId }) => customerId !== owner.customerId))
      return { kind: 'unmatched', reason: 'several_customers' };
    return { kind: 'matched', by, customerId: owner.customerId, owners };
  }
  return { kind: 'unmatched', reason: structured.length + message.length === 0 ? 'no_reference' : 'unknown_reference' };
}
