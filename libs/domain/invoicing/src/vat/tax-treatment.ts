import { checkVatNumber, isEuMember } from '@tollkeeper/tenancy';

/**
 * How a supply is taxed as a whole. `domestic`: VAT of the seller's country. `reverse_charge`: the business customer in
 * another member state accounts for the tax. `export`: the customer is outside the Union and no VAT is charged.
 */
export type TaxTreatment = 'domestic' | 'reverse_charge' | 'export';

export interface TaxedSeller {
  readonly country: string;
}

export interface TaxedBuyer {
  readonly country: string;
  readonly business: boolean;
  readonly vatNumber?: string;
}

/**
 * The place of supply of services under Directive 2006/112/EC: a business in another member state with a valid VAT
 * number is taxed there and accounts for the tax itself (Articles 44 and 196); a customer outside the Union is outside
 * its VAT (Articles 44 and 59). Everyone else pays the VAT of the seller's country (Article 45); consumers of other
 * member states too, as long as the seller is under the threshold of Article 59c.
 */
export function taxTreatment(seller: TaxedSeller, buyer: TaxedBuyer): TaxTreatment {
  if (buyer.country === seller.country) return 'domestic';
  if (!isEuMember(buyer.country)) return 'export';
  if (!buyer.business || buyer.vatNumber === undefined || !isEuMember(seller.country)) return 'domestic';
  const check = checkVatNumber(buyer.vatNumber);
  return check.ok && isEuMember(check.country) && check.country !== seller.country ? 'reverse_charge' : 'domestic';
}

/**
 * What Article 226 (11) and (11a) of Directive 2006/112/EC require on an invoice without VAT, in English; renderings
 * translate by the treatment, and this text is the legal reference in JSON.
 */
export const treatmentNotes: Readonly<Record<TaxTreatment, string | undefined>> = {
  domestic: undefined,
  reverse_charge: 'Reverse charge: VAT to be accounted for by the recipient, Article 196 of Directive 2006/112/EC',
  export: 'Supply outside the scope of EU VAT, Articles 44 and 59 of Directive 2006/112/EC',
};
