import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { isCurrency } from '@tollkeeper/money';
import { email, iban, language, refuse, requiredText, vatNumber } from '../shell/check.js';
import { checkAddress, toAddress } from './address.js';
import type { Made } from './customer.js';
import type { PartyRecord } from './party-record.js';

/** Folded state of `partner-record/<tenant>/<id>`; a partner can be a person, so what names it stands in a record. */
export type PartnerState = {
  readonly id: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly language: string;
  readonly createdAt: Instant;
};

/** @throws Problem `invalid_request` naming the first member that cannot be right. */
export function fromPartner(given: tenantV1.Partner, made: Made): { state: PartnerState; record: PartyRecord } {
  if (!isCurrency(given.currency))
    refuse('currency', `“${given.currency.slice(0, 10)}” is not a currency; write its ISO 4217 code, such as EUR.`);
  const address = given.address ? checkAddress(given.address, 'address') : undefined;
  return {
    state: { ...made, currency: given.currency, language: given.language === '' ? 'en' : language(given.language, 'language') },
    record: {
      id: made.id,
      version: 1,
      tenantId: made.tenantId,
      kind: 'partner',
      name: requiredText(given.name, 'name'),
      email: email(given.email, 'email'),
      vatNumber: vatNumber(given.vatNumber, 'vat_number').number,
      iban: iban(given.iban, 'iban'),
      ...(address ? { address } : {}),
    },
  };
}

export function toPartner(state: PartnerState, record?: PartyRecord): tenantV1.Partner {
  return create(tenantV1.PartnerSchema, {
    id: state.id,
    name: record?.name ?? '',
    email: record?.email ?? '',
    vatNumber: record?.vatNumber ?? '',
    iban: record?.iban ?? '',
    currency: state.currency,
    language: state.language,
    createdAt: toRfc3339(state.createdAt),
    ...(record?.address ? { address: toAddress(record.address) } : {}),
  });
}
