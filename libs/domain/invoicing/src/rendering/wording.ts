import { formatDecimal, formatMoney, parseDecimal } from '@tollkeeper/money';
import type { Period } from '../invoice.js';
import { en, type Texts } from './texts/en.js';
import { nl } from './texts/nl.js';
import { sv } from './texts/sv.js';

const languages: Readonly<Record<string, Texts>> = { en, nl, sv };

/** Units as people of the language write them; any other is printed as the meter names it. */
const unitNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  en: { month: 'month', credit: '', session: 'sessions', event: 'events' },
  sv: { month: 'mån', credit: '', session: 'sessioner', event: 'händelser', minute: 'min' },
  nl: { month: 'mnd', credit: '', session: 'sessies', event: 'metingen', minute: 'min' },
};

/** The words, numbers and dates of one language and region. */
export interface Wording {
  readonly locale: string;
  text(key: keyof Texts, values?: Readonly<Record<string, string>>): string;
  money(amount: string, currency: string): string;
  /** An amount in a column whose currency the heading names. */
  amount(amount: string): string;
  quantity(quantity: string, unit: string): string;
  percent(percent: string): string;
  count(count: number): string;
  /** `yyyy-mm-dd` in full. */
  date(date: string): string;
  /** `yyyy-mm-dd` with digits. */
  shortDate(date: string): string;
  /** First to last day in the time zone of the contract. */
  period(period: Period): string;
  pageOf(page: number, count: number): string;
}

/**
 * `language` is a BCP 47 tag; its region decides numbers and dates (`nl-BE`), its language the words. What we have no
 * words for is printed in English.
 */
export function wordingFor(language: string, timeZone: string): Wording {
  const base = language.split('-')[0] ?? 'en';
  const texts = languages[base] ?? en;
  const locale = languages[base] && language.includes('-') ? language : texts.locale;
  const long = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const short = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeZone: 'UTC' });
  const inZone = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone });
  const dayOf = (date: string): Date => new Date(`${date}T00:00:00Z`);
  const text: Wording['text'] = (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  return {
    locale,
    text,
    money: (amount, currency) =>
      printable(
        formatMoney({ amount: parseDecimal(amount), currency }, locale, currency === 'SEK' && base === 'sv' ? 'symbol' : 'code'),
      ),
    amount: (amount) => printable(formatDecimal(parseDecimal(amount), locale, (amount.split('.')[1] ?? '').length)),
    quantity: (quantity, unit) =>
      printable(`${formatDecimal(parseDecimal(quantity), locale)} ${unitNames[base]?.[unit] ?? unit}`.trim()),
    percent: (percent) => printable(`${formatDecimal(parseDecimal(percent), locale)}\u00A0%`),
    count: (count) => printable(new Intl.NumberFormat(locale).format(count)),
    date: (date) => long.format(dayOf(date)),
    shortDate: (date) => short.format(dayOf(date)),
    period: ({ start, end }) => printable(inZone.formatRange(new Date(start), new Date(Date.parse(end) - 1))),
    pageOf: (page, count) => text('pageOf', { page: String(page), count: String(count) }),
  };
}

/** Roboto has no narrow and thin spaces, which Intl puts into numbers and ranges: they become their wider kin. */
function printable(text: string): string {
  return text
    .replace(/\u202F/g, '\u00A0')
    .replace(/[\u2009\u200A]/g, ' ')
    .replace(/[\u200E\u200F]/g, '');
}

/** Whose days a document counts, where the caller names no time zone: those of the seller's country. */
export function timeZoneOf(country: string): string {
  return (
    { SE: 'Europe/Stockholm', NL: 'Europe/Amsterdam', FI: 'Europe/Helsinki', DE: 'Europe/Berlin', FR: 'Europe/Paris' }[country] ??
    'UTC'
  );
}
