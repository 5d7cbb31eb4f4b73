import { Problem } from '@tollkeeper/kernel';

export const taxCategories = ['standard', 'reduced', 'low', 'zero', 'exempt'] as const;

/** Which of its country's rates a product has. A country without a `low` rate taxes such products by `reduced`. */
export type TaxCategory = (typeof taxCategories)[number];

/** A rate in per cent as a decimal string, in force from the day `from` (`yyyy-mm-dd`) until the next one of its category. */
export interface DatedRate {
  readonly category: 'standard' | 'reduced' | 'low';
  readonly percent: string;
  readonly from: string;
}

export interface VatTable {
  readonly country: string;
  /** The law that the rates are taken from, and the state of it. */
  readonly source: string;
  readonly rates: readonly DatedRate[];
}

export const swedishVat: VatTable = {
  country: 'SE',
  source: 'Mervärdesskattelag (2023:200) 9 kap. 2–3 §§ (before 2023-07-01: 1994:200, 7 kap. 1 §); state of 2026-11-01',
  rates: [
    { category: 'standard', percent: '25', from: '1990-07-01' },
    { category: 'reduced', percent: '12', from: '1996-01-01' },
    { category: 'low', percent: '6', from: '1996-01-01' },
  ],
};

export const dutchVat: VatTable = {
  country: 'NL',
  source: 'Wet op de omzetbelasting 1968, artikel 9; state of 2026-11-01',
  rates: [
    { category: 'standard', percent: '19', from: '2001-01-01' },
    { category: 'standard', percent: '21', from: '2012-10-01' },
    { category: 'reduced', percent: '6', from: '2001-01-01' },
    { category: 'reduced', percent: '9', from: '2019-01-01' },
  ],
};

export const vatTables: readonly VatTable[] = [swedishVat, dutchVat];

/**
 * The rate in per cent, as a decimal string, of a category in a country on the day of supply (`yyyy-mm-dd`).
 * @throws Problem `unprocessable` when the tables do not reach there.
 */
export function vatRate(country: string, category: TaxCategory, date: string, tables: readonly VatTable[] = vatTables): string {
  if (category === 'zero' || category === 'exempt') return '0';
  const table = tables.find((candidate) => candidate.country === country);
  if (!table) {
    throw new Problem(
      'unprocessable',
      `There is no VAT table for ${country}; billing entities can be in ${tables.map((t) => t.country).join(', ')}.`,
    );
  }
  const wanted = table.rates.some((rate) => rate.category === category) ? category : 'reduced';
  let found: DatedRate | undefined;
  for (const rate of table.rates) {
    if (rate.category === wanted && rate.from <= date && (found === undefined || rate.from > found.from)) found = rate;
  }
  if (!found) throw new Problem('unprocessable', `The VAT table of ${country} has no ${category} rate on ${date}.`);
  return found.percent;
}
