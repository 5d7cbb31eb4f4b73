import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { country, email, language, oneOf, optionalText, refuse, requiredText, vatNumber } from '../shell/check.js';
import { checkAddress, toAddress } from './address.js';
import { paymentDays } from './billing-entity.js';
import type { PartyRecord } from './party-record.js';

const mostDepartments = 500;

/** Folded state of `customer-record/<tenant>/<id>`: what the books need for ever, and nothing that names a person. */
export type CustomerState = {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: 'consumer' | 'company';
  readonly brandId: string;
  readonly language: string;
  readonly departments: readonly { readonly code: string; readonly name: string }[];
  /** 0: the billing entity's. */
  readonly paymentDays: number;
  readonly country: string;
  readonly createdAt: Instant;
  readonly erasedAt?: Instant;
};

export type Made = { readonly id: string; readonly tenantId: string; readonly createdAt: Instant };

/** Parts what a request says into what the chain keeps and what can be erased. @throws Problem `invalid_request` */
export function fromCustomer(
  given: tenantV1.Customer,
  made: Made,
  brandLanguage: string,
): { state: CustomerState; record: PartyRecord } {
  const kind = oneOf(given.kind, ['consumer', 'company'] as const, 'kind');
  const address = given.address ? checkAddress(given.address, 'address') : undefined;
  if (address && given.country !== '' && given.country !== address.country) {
    refuse(
      'country',
      `country says ${given.country}, but the address is in ${address.country}; make them equal, or leave country out.`,
    );
  }
  const vat = vatNumber(given.vatNumber, 'vat_number');
  if (kind === 'consumer' && vat.number !== '')
    refuse('vat_number', 'A consumer has no VAT number; make the customer a company, or leave it out.');
  const reference = optionalText(given.reference, 'reference', 100);
  return {
    state: {
      ...made,
      kind,
      brandId: given.brandId,
      language: given.language === '' ? brandLanguage : language(given.language, 'language'),
      departments: departmentsOf(kind, given.departments),
      paymentDays: paymentDays(given.paymentDays),
      country: address?.country ?? country(given.country, 'country'),
    },
    record: {
      id: made.id,
      version: 1,
      tenantId: made.tenantId,
      kind: 'customer',
      name: requiredText(given.name, 'name'),
      email: email(given.email, 'email'),
      vatNumber: vat.number,
      ...(address ? { address } : {}),
      ...(reference === '' ? {} : { reference }),
    },
  };
}

function departmentsOf(kind: CustomerState['kind'], given: readonly tenantV1.Department[]): CustomerState['departments'] {
  if (kind === 'consumer' && given.length > 0)
    refuse('departments', 'A consumer has no departments; make the customer a company, or leave them out.');
  if (given.length > mostDepartments) refuse('departments', `A customer has at most ${mostDepartments} departments.`);
  const seen = new Set<string>();
  return given.map(({ code, name }, i) => {
    const checked = requiredText(code, `departments[${i}].code`, 40);
    if (seen.has(checked)) refuse(`departments[${i}].code`, `The department “${checked}” stands twice.`);
    seen.add(checked);
    return { code: checked, name: name === '' ? checked : requiredText(name, `departments[${i}].name`) };
  });
}

/** The customer as it is shown; without a record, only what the chain keeps. */
export function toCustomer(state: CustomerState, record?: PartyRecord): tenantV1.Customer {
  const personal = state.erasedAt === undefined ? record : undefined;
  return create(tenantV1.CustomerSchema, {
    id: state.id,
    kind: state.kind,
    brandId: state.brandId,
    reference: personal?.reference ?? '',
    name: personal?.name ?? '',
    email: personal?.email ?? '',
    ...(personal?.address ? { address: toAddress(personal.address) } : {}),
    vatNumber: personal?.vatNumber ?? '',
    language: state.language,
    departments: state.departments.map((department) => create(tenantV1.DepartmentSchema, department)),
    createdAt: toRfc3339(state.createdAt),
    erasedAt: state.erasedAt === undefined ? '' : toRfc3339(state.erasedAt),
    paymentDays: state.paymentDays,
    country: state.country,
  });
}
