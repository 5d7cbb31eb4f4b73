import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { isCurrency } from '@tollkeeper/money';
import { parseBankgiro, parseBic, type ReferenceKind, referenceKinds } from '@tollkeeper/tenancy';
import { iban, oneOf, optionalText, refuse, requiredText, timeZone, vatNumber } from '../shell/check.js';
import { type AddressState, checkAddress, toAddress } from './address.js';

const roundings = ['half_up', 'half_even'] as const;
const defaultPaymentDays = 30;
const longestPaymentDays = 365;

/** Folded state of `entity/<tenant>/<id>`: a company, so nothing in it is personal data. */
export type BillingEntityState = {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly registrationNumber: string;
  readonly vatNumber: string;
  readonly address: AddressState;
  readonly currency: string;
  readonly series: string;
  readonly iban: string;
  readonly bic: string;
  readonly bankgiro: string;
  readonly rounding: (typeof roundings)[number];
  readonly referenceKind: ReferenceKind;
  readonly paymentDays: number;
  readonly vatCategory: string;
  readonly timeZone: string;
  readonly createdAt: Instant;
};

/** Parses what a request says. @throws Problem `invalid_request` naming the first member that cannot be right. */
export function fromBillingEntity(
  given: tenantV1.BillingEntity,
  made: { id: string; tenantId: string; createdAt: Instant },
): BillingEntityState {
  const address = checkAddress(given.address, 'address');
  const vat = vatNumber(given.vatNumber, 'vat_number');
  if (vat.number !== '' && vat.country !== address.country) {
    refuse('vat_number', `The VAT number is of ${vat.country}, but the address is in ${address.country}.`);
  }
  if (!isCurrency(given.currency))
    refuse('currency', `“${given.currency.slice(0, 10)}” is not a currency; write its ISO 4217 code, such as SEK.`);
  const series = given.series === '' ? address.country : given.series;
  if (!/^[A-Z0-9]{1,10}$/.test(series))
    refuse('series', 'The prefix of invoice numbers has 1 to 10 capitals and digits, such as SE.');
  return {
    ...made,
    name: requiredText(given.name, 'name'),
    registrationNumber: requiredText(given.registrationNumber, 'registration_number', 50),
    vatNumber: vat.number,
    address,
    currency: given.currency,
    series,
    ...waysToPay(given),
    rounding: given.rounding === '' ? 'half_up' : oneOf(given.rounding, roundings, 'rounding'),
    paymentDays: given.paymentDays === 0 ? defaultPaymentDays : paymentDays(given.paymentDays),
    vatCategory: given.vatCategory === '' ? 'standard' : optionalText(given.vatCategory, 'vat_category', 40),
    timeZone: timeZone(given.timeZone, 'time_zone'),
  };
}

export function paymentDays(days: number): number {
  return days <= longestPaymentDays ? days : refuse('payment_days', `Payment terms are at most ${longestPaymentDays} days.`);
}

function waysToPay(given: tenantV1.BillingEntity): Pick<BillingEntityState, 'iban' | 'bic' | 'bankgiro' | 'referenceKind'> {
  const account = iban(given.iban, 'iban');
  const bic =
    given.bic === ''
      ? ''
      : (parseBic(given.bic) ?? refuse('bic', `“${given.bic.slice(0, 20)}” is not a BIC of 8 or 11 characters.`));
  const bankgiro =
    given.bankgiro === ''
      ? ''
      : (parseBankgiro(given.bankgiro) ??
        refuse(
          'bankgiro',
          `“${given.bankgiro.slice(0, 20)}” is not a bankgiro number: seven or eight digits, the last a check digit.`,
        ));
  if (account === '' && bankgiro === '') refuse('iban', 'Name an IBAN or a bankgiro number, so that customers can pay.');
  const usual = bankgiro === '' ? 'rf' : 'ocr';
  const referenceKind = given.referenceKind === '' ? usual : oneOf(given.referenceKind, referenceKinds, 'reference_kind');
  if (referenceKind === 'ocr' && bankgiro === '')
    refuse('bankgiro', 'OCR references are for Bankgirot: name a bankgiro number, or choose reference_kind rf.');
  return { iban: account, bic, bankgiro, referenceKind };
}

export function toBillingEntity(state: BillingEntityState): tenantV1.BillingEntity {
  return create(tenantV1.BillingEntitySchema, {
    id: state.id,
    name: state.name,
    registrationNumber: state.registrationNumber,
    vatNumber: state.vatNumber,
    address: toAddress(state.address),
    currency: state.currency,
    series: state.series,
    iban: state.iban,
    bic: state.bic,
    bankgiro: state.bankgiro,
    rounding: state.rounding,
    referenceKind: state.referenceKind,
    paymentDays: state.paymentDays,
    vatCategory: state.vatCategory,
    timeZone: state.timeZone,
    createdAt: toRfc3339(state.createdAt),
  });
}
