import type { tenantV1 } from '@tollkeeper/contracts';
import type { Address, BillingEntity, Brand, Customer, InvoiceRounding, ReferenceKind } from '@tollkeeper/tenancy';
import { referenceKinds, roundingModes } from '@tollkeeper/tenancy';

/** What the tenant service tells of who sells and who buys, in the words of the domain. */
export function toBillingEntity(entity: tenantV1.BillingEntity): BillingEntity {
  return {
    id: entity.id,
    legalName: entity.name,
    registrationNumber: entity.registrationNumber,
    vatNumber: entity.vatNumber || undefined,
    address: toAddress(entity.address),
    currency: entity.currency,
    rounding: oneOf<InvoiceRounding>(roundingModes, entity.rounding, 'half_up'),
    paymentTermsDays: entity.paymentDays,
    paymentDetails: { bankgiro: entity.bankgiro || undefined, iban: entity.iban || undefined, bic: entity.bic || undefined },
    referenceKind: oneOf<ReferenceKind>(referenceKinds, entity.referenceKind, 'rf'),
    language: 'en',
  };
}

export function toCustomer(customer: tenantV1.Customer, brand: tenantV1.Brand): Customer {
  const address = toAddress(customer.address);
  return {
    id: customer.id,
    brandId: customer.brandId,
    name: customer.name,
    business: customer.kind === 'company',
    vatNumber: customer.vatNumber || undefined,
    address: { ...address, country: address.country || customer.country },
    email: customer.email || undefined,
    language: customer.language || brand.language || undefined,
    paymentTermsDays: customer.paymentDays > 0 ? customer.paymentDays : undefined,
    departments: customer.departments.map(({ code, name }) => ({ id: code, name })),
    recurringFees: [],
  };
}

export function toBrand(brand: tenantV1.Brand): Brand {
  return {
    id: brand.id,
    name: brand.name,
    billingEntityId: brand.billingEntityId,
    primaryColour: brand.primaryColor,
    accentColour: brand.accentColor,
    footer: [brand.website, brand.supportEmail].filter((part) => part !== '').join(' · ') || undefined,
    logo: brand.logoSvg ? { mediaType: 'image/svg+xml', dataBase64: Buffer.from(brand.logoSvg).toString('base64') } : undefined,
  };
}

export function toAddress(address: tenantV1.Address | undefined): Address {
  return {
    lines: [address?.line1 ?? '', address?.line2 ?? ''].filter((line) => line !== ''),
    postalCode: address?.postalCode ?? '',
    city: address?.city ?? '',
    country: address?.country ?? '',
  };
}

function oneOf<T extends string>(known: readonly T[], word: string, otherwise: T): T {
  return known.find((one) => one === word) ?? otherwise;
}
