import type { tenantV1 } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import { isCurrency, parseDecimal } from '@tollkeeper/money';
import { isDate } from '@tollkeeper/tenancy';
import { amount, oneOf, optionalText, refuse, requiredText, timeZone } from '../shell/check.js';
import { type ContractState, type HoldState, periods, type RecurringFeeState } from './contract.js';

const mostPriceLists = 20;
const mostFees = 50;
const longestHoldDays = 366;
const clearable = ['end_date', 'recurring_fees', 'hold'] as const;
const noHold: HoldState = { threshold: '', minimum: '', longestDays: 0 };

/** What a new contract takes from its surroundings where the request is silent. */
export interface ContractDefaults {
  readonly id: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly timeZone: string;
  /** The day, `yyyy-mm-dd`, in that time zone. */
  readonly today: string;
  readonly createdAt: Instant;
}

/** The first version. @throws Problem `invalid_request` naming the first member that cannot be right. */
export function newContract(given: tenantV1.Contract, defaults: ContractDefaults): ContractState {
  if (given.clear.length > 0) refuse('clear', 'A new contract has nothing to clear; leave clear out.');
  const currency = given.currency === '' ? defaults.currency : given.currency;
  if (!isCurrency(currency))
    refuse('currency', `“${currency.slice(0, 10)}” is not a currency; write its ISO 4217 code, such as SEK.`);
  if (currency !== defaults.currency) {
    refuse(
      'currency',
      `The billing entity of the customer’s brand invoices in ${defaults.currency}; a contract in ${currency} needs a brand of another entity.`,
    );
  }
  return checkDates({
    id: defaults.id,
    tenantId: defaults.tenantId,
    customerId: given.customerId,
    reference: optionalText(given.reference, 'reference', 100),
    currency,
    timeZone: given.timeZone === '' ? defaults.timeZone : timeZone(given.timeZone, 'time_zone'),
    period: given.period === '' ? 'monthly' : oneOf(given.period, periods, 'period'),
    anchorDay: given.anchorDay === 0 ? 1 : anchorDay(given.anchorDay),
    priceLists: priceLists(given.priceLists),
    recurringFees: recurringFees(given.recurringFees),
    hold: given.hold ? hold(given.hold) : noHold,
    startDate: given.startDate === '' ? defaults.today : date(given.startDate, 'start_date'),
    endDate: given.endDate === '' ? '' : date(given.endDate, 'end_date'),
    version: 1,
    createdAt: defaults.createdAt,
  });
}

/** The next version: what the request leaves empty stays, `clear` empties. Customer and currency never change. */
export function amendedContract(present: ContractState, given: tenantV1.Contract): ContractState {
  const cleared = new Set(given.clear.map((member, i) => oneOf(member, clearable, `clear[${i}]`)));
  if (given.customerId !== '' && given.customerId !== present.customerId) {
    refuse(
      'customer_id',
      `The contract is of the customer ${present.customerId}, for ever; make a new contract for another customer.`,
    );
  }
  if (given.currency !== '' && given.currency !== present.currency) {
    refuse('currency', `The contract is in ${present.currency}, for ever; make a new contract for another currency.`);
  }
  return checkDates({
    ...present,
    reference: given.reference === '' ? present.reference : optionalText(given.reference, 'reference', 100),
    timeZone: given.timeZone === '' ? present.timeZone : timeZone(given.timeZone, 'time_zone'),
    period: given.period === '' ? present.period : oneOf(given.period, periods, 'period'),
    anchorDay: given.anchorDay === 0 ? present.anchorDay : anchorDay(given.anchorDay),
    priceLists: given.priceLists.length === 0 ? present.priceLists : priceLists(given.priceLists),
    recurringFees:
      cleared.has('recurring_fees') || given.recurringFees.length > 0
        ? recurringFees(given.recurringFees)
        : present.recurringFees,
    hold: given.hold ? hold(given.hold) : cleared.has('hold') ? noHold : present.hold,
    startDate: given.startDate === '' ? present.startDate : date(given.startDate, 'start_date'),
    endDate: given.endDate !== '' ? date(given.endDate, 'end_date') : cleared.has('end_date') ? '' : present.endDate,
    version: present.version + 1,
  });
}

function checkDates(contract: ContractState): ContractState {
  if (contract.endDate !== '' && contract.endDate <= contract.startDate) {
    refuse(
      'end_date',
      `The contract begins on ${contract.startDate}, so it cannot end on ${contract.endDate}; name a later day.`,
    );
  }
  return contract;
}

function date(text: string, param: string): string {
  return isDate(text) ? text : refuse(param, `“${text.slice(0, 20)}” is not a day of the calendar; write it like 2026-03-01.`);
}

function anchorDay(day: number): number {
  return day <= 31 ? day : refuse('anchor_day', 'anchor_day is a day of the month, from 1 to 31.');
}

function priceLists(given: readonly string[]): readonly string[] {
  if (given.length === 0)
    refuse('price_lists', 'price_lists is empty; name at least one price list, or usage would have no price.');
  if (given.length > mostPriceLists) refuse('price_lists', `A contract has at most ${mostPriceLists} price lists.`);
  given.forEach((code, i) => {
    requiredText(code, `price_lists[${i}]`, 100);
    if (given.indexOf(code) !== i) refuse(`price_lists[${i}]`, `“${code}” stands twice in price_lists.`);
  });
  return [...given];
}

function recurringFees(given: readonly tenantV1.RecurringFee[]): readonly RecurringFeeState[] {
  if (given.length > mostFees) refuse('recurring_fees', `A contract has at most ${mostFees} recurring fees.`);
  const seen = new Set<string>();
  return given.map((fee, i) => {
    const at = `recurring_fees[${i}]`;
    const code = requiredText(fee.code, `${at}.code`, 100);
    if (seen.has(code)) refuse(`${at}.code`, `“${code}” stands twice in recurring_fees.`);
    seen.add(code);
    if (fee.amount === '') refuse(`${at}.amount`, 'amount is empty; write a decimal such as "49.00".');
    return {
      code,
      description: fee.description === '' ? code : requiredText(fee.description, `${at}.description`),
      amount: amount(fee.amount, `${at}.amount`),
      per: fee.per === '' ? 'device' : oneOf(fee.per, ['device', 'contract'] as const, `${at}.per`),
    };
  });
}

function hold(given: tenantV1.HoldPolicy): HoldState {
  const threshold = amount(given.threshold, 'hold.threshold');
  const minimum = amount(given.minimum, 'hold.minimum');
  if (threshold !== '' && parseDecimal(threshold).sign() === 0)
    refuse('hold.threshold', 'A threshold of 0 would close at once; leave it out to have none.');
  if (threshold !== '' && minimum !== '' && parseDecimal(threshold).compare(parseDecimal(minimum)) < 0) {
    refuse('hold.minimum', `The minimum ${minimum} is more than the threshold ${threshold}; lower it.`);
  }
  if (given.longestDays > longestHoldDays) refuse('hold.longest_days', `A charge is held at most ${longestHoldDays} days.`);
  return { threshold, minimum, longestDays: given.longestDays };
}
