import { decimalFault, isCurrency, parseDecimal } from '@tollkeeper/money';

/** What a partner gets: a percentage per meter of what is invoiced, or of what is paid. Dates are `yyyy-mm-dd`. */
export interface Agreement {
  readonly id: string;
  readonly partnerId: string;
  readonly basis: 'invoiced' | 'paid';
  readonly rates: readonly CommissionRate[];
  readonly currency: string;
  /** First day of invoice on which it counts, inclusive. */
  readonly startDate: string;
  /** Last day, inclusive; absent while it goes on. */
  readonly endDate?: string;
}

export interface CommissionRate {
  /** A meter code, `fee:<code>` for a recurring fee, or `*` for everything that no other rate names. */
  readonly meter: string;
  /** Per cent as a decimal string, 0 to 100. */
  readonly percentage: string;
}

export interface AgreementFault {
  readonly path: string;
  readonly message: string;
}

const dayForm = /^\d{4}-\d\d-\d\d$/;

/** Everything that is wrong with an agreement; empty when it can be used. */
export function agreementFaults(agreement: Agreement): readonly AgreementFault[] {
  const faults: AgreementFault[] = [];
  const fault = (path: string, message: string) => faults.push({ path, message });
  if (!isCurrency(agreement.currency)) fault('currency', `“${agreement.currency}” is not an ISO 4217 currency.`);
  if (agreement.rates.length === 0) fault('rates', 'Name at least one rate; the meter * covers everything.');
  const meters = new Set<string>();
  agreement.rates.forEach(({ meter, percentage }, i) => {
    if (meter === '') fault(`rates[${i}].meter`, 'Name a meter, fee:<code>, or *.');
    if (meters.has(meter)) fault(`rates[${i}].meter`, `“${meter}” has a rate already.`);
    meters.add(meter);
    const wrong = decimalFault(percentage) !== undefined || parseDecimal(percentage).sign() < 0 || Number(percentage) > 100;
    if (wrong) fault(`rates[${i}].percentage`, `“${percentage}” is not a percentage from 0 to 100, such as 12.5.`);
  });
  if (!dayForm.test(agreement.startDate)) fault('start_date', `“${agreement.startDate}” is not a day yyyy-mm-dd.`);
  if (agreement.endDate !== undefined && (!dayForm.test(agreement.endDate) || agreement.endDate < agreement.startDate)) {
    fault('end_date', `“${agreement.endDate}” is not a day on or after ${agreement.startDate}.`);
  }
  return faults;
}

/** The percentage for a line: that of its meter or fee, else that of `*`; undefined when the agreement shares nothing of it. */
export function rateFor(agreement: Agreement, line: { readonly meter?: string; readonly fee?: string }): string | undefined {
  const name = line.fee ? `fee:${line.fee}` : (line.meter ?? '');
  const named = agreement.rates.find((rate) => rate.meter === name);
  return (named ?? agreement.rates.find((rate) => rate.meter === '*'))?.percentage;
}

/** The agreement that counts for a partner on the day of an invoice; of several the one that began last. */
export function agreementOn(agreements: readonly Agreement[], partnerId: string, currency: string, day: string): Agreement | undefined {
  return agreements
    .filter((one) => one.partnerId === partnerId && one.currency === currency)
    .filter((one) => one.startDate <= day && (one.endDate === undefined || day <= one.endDate))
    .sort((a, b) => (a.startDate < b.startDate ? 1 : a.startDate > b.startDate ? -1 : 0))[0];
}
