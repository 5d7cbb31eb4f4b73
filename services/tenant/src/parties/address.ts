import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { country, optionalText, refuse, requiredText } from '../shell/check.js';

export type AddressState = {
  readonly line1: string;
  readonly line2: string;
  readonly postalCode: string;
  readonly city: string;
  readonly country: string;
};

export function checkAddress(given: tenantV1.Address | undefined, param: string): AddressState {
  if (!given) refuse(param, `${param} is missing; give at least line1, city and country.`);
  return {
    line1: requiredText(given.line1, `${param}.line1`),
    line2: optionalText(given.line2, `${param}.line2`),
    postalCode: optionalText(given.postalCode, `${param}.postal_code`, 20),
    city: requiredText(given.city, `${param}.city`),
    country: country(given.country, `${param}.country`),
  };
}

export function toAddress(state: AddressState): tenantV1.Address {
  return create(tenantV1.AddressSchema, state);
}
