import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeDocumentFault, type DocumentReading } from './document-fault.js';
import type { PriceList, PriceModel, SimplePriceModel } from './price-list.js';
import { priceListFromCsv, priceListToCsv } from './price-list-csv.mapping.js';
import { priceListFromYaml, priceListToYaml } from './price-list-yaml.mapping.js';

const decimal = fc.constantFrom('0', '0.25', '1', '10.50', '0.0000001', '123456789.123');
const optional = <T>(name: string, value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined }).map((one) => (one === undefined ? {} : { [name]: one }));
const extras = fc.tuple(optional('included', decimal), optional('event_fee', decimal)).map(([a, b]) => ({ ...a, ...b }));
const tiers = fc.constantFrom(
  [{ unit_price: '1' }],
  [{ up_to: '10', unit_price: '0.30' }, { up_to: '20.5', unit_price: '0.2', flat_fee: '5' }, { unit_price: '0.1' }],
);
const simple = fc.oneof(
  fc.tuple(extras, decimal).map(([more, amount]) => ({ model: 'flat', amount, ...more })),
  fc.tuple(extras, decimal).map(([more, unit_price]) => ({ model: 'per_unit', unit_price, ...more })),
  fc.tuple(extras, tiers, fc.constantFrom('graduated', 'volume')).map(([more, some, model]) => ({ model, tiers: some, ...more })),
  fc.tuple(extras, decimal).map(([more, package_price]) => ({ model: 'package', package_size: '100', package_price, ...more })),
  decimal.map((event_fee) => ({ model: 'per_event', event_fee })),
) as fc.Arbitrary<SimplePriceModel>;
const timed: fc.Arbitrary<PriceModel> = fc.tuple(simple, simple, simple).map(([day, night, otherwise]) => ({
  model: 'time_of_use',
  windows: [
    { name: 'day', days: ['mon', 'fri'], from: '07:00', to: '19:00', price: day },
    { name: 'deep night', from: '23:00', to: '05:00', price: night },
  ],
  otherwise,
}));
const words = fc.constantFrom('Kilowatt hours', 'with "quotes", commas; and\nlines', 'true', '0.10', '- not a list', '#x', 'åäö');
const list: fc.Arbitrary<PriceList> = fc
  .tuple(fc.boolean(), words, fc.array(fc.tuple(fc.oneof(simple, timed), optional('description', words), optional('product', words)), { maxLength: 5 }), fc.boolean())
  .map(([tax_inclusive, name, prices, isOpen]) => ({
    code: 'standard',
    name,
    currency: 'SEK',
    tax_inclusive,
    versions: [
      {
        ...(isOpen ? {} : { effective_from: '2026-01-01' }),
        prices: prices.map(([price, description, product], index) => ({ meter: `meter-${index}`, ...description, ...product, price })),
      },
      { effective_from: '2026-07-01T00:00:00+02:00', prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '0.5' } }] },
    ],
  }));

const told = ({ priceList, faults }: DocumentReading): readonly string[] => (priceList ? ['accepted'] : faults.map(describeDocumentFault));

describe('a price list as a file', () => {
  it('comes back from YAML as it was', () => {
    fc.assert(fc.property(list, (one) => expect(priceListFromYaml(priceListToYaml(one))).toEqual({ priceList: one, faults: [] })));
  });

  it('comes back from CSV as it was', () => {
    fc.assert(fc.property(list, (one) => expect(priceListFromCsv(priceListToCsv(one))).toEqual({ priceList: one, faults: [] })));
  });
});

describe('YAML', () => {
  it('keeps the digits of prices without quotes', () => {
    const text = 'code: a\nname: A\ncurrency: SEK\ntax_inclusive: true\nversions:\n  - effective_from: 2026-01-01\n    prices:\n      - meter: energy\n        price: {model: per_unit, unit_price: 0.10000000000000000001}\n';
    expect(priceListFromYaml(text).priceList).toMatchObject({ tax_inclusive: true, versions: [{ effective_from: '2026-01-01', prices: [{ price: { unit_price: '0.10000000000000000001' } }] }] });
  });

  it('names line and column of what is wrong', () => {
    const text = 'code: a\nname: A\ncurrency: SEX\nversions:\n  - prices:\n      - meter: energy\n        price:\n          model: per_unit\n          unit_price: -1\n';
    expect(told(priceListFromYaml(text))).toEqual([
      'line 3, column 1: currency "SEX" is not an ISO 4217 currency; write a code such as SEK',
      'line 9, column 11: versions[0].prices[0].price.unit_price must not be negative',
    ]);
    expect(told(priceListFromYaml('code: a\n  name: ['))[0]).toMatch(/^line 1, column 7: this is not YAML/);
    expect(told(priceListFromYaml(''))).toEqual(['line 1, column 1: the file is empty']);
    expect(told(priceListFromYaml('- 1'))[0]).toContain('must be an object with members, and is a list');
    expect(told(priceListFromYaml('code: a\ntax_inclusive: maybe\n')).join()).toContain('tax_inclusive must be true or false');
  });
});

describe('CSV', () => {
  const header = 'code,name,currency,effective_from,meter,window,days,from,to,model,up_to,unit_price,amount';

  it('takes semicolons, a byte order mark, any order of columns, and rows that leave the list\'s columns empty', () => {
    const text = '\ufeffmeter;model;unit_price;code;name;currency\r\nenergy;per_unit;0.25;a;A;SEK\r\ndata;per_unit;0.1;;;\r\n';
    expect(priceListFromCsv(text).priceList).toEqual({
      code: 'a',
      name: 'A',
      currency: 'SEK',
      tax_inclusive: false,
      versions: [{ prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '0.25' } }, { meter: 'data', price: { model: 'per_unit', unit_price: '0.1' } }] }],
    });
  });

  it('names line and field of what is wrong', () => {
    const rows = ['a,A,SEK,2026-01-01,energy,,,,,graduated,10,1,', 'a,A,SEK,2026-01-01,energy,,,,,graduated,5,1e3,', 'a,A,SEK,2026-01-01,data,,,,,flat,,,-1'];
    expect(told(priceListFromCsv([header, ...rows].join('\n')))).toEqual([
      'line 3, up_to: versions[0].prices[0].price.tiers[1].up_to must be left out in the last tier, or quantities above it would have no price',
      'line 3, up_to: versions[0].prices[0].price.tiers[1].up_to must be above 10, the end of the tier before it',
      expect.stringContaining('line 3, unit_price: versions[0].prices[0].price.tiers[1].unit_price must be a decimal: "1e3" has an exponent'),
      'line 4, amount: versions[0].prices[1].price.amount must not be negative',
    ]);
  });

  it('refuses files that do not hold one price list', () => {
    expect(told(priceListFromCsv(''))).toEqual(['line 1: the file has no rows below its header']);
    expect(told(priceListFromCsv(header))).toEqual(['line 1: the file has no rows below its header']);
    expect(told(priceListFromCsv('code,price\na,1\n'))[0]).toContain('line 1, price: there is no such column');
    expect(told(priceListFromCsv(`${header}\na,A\n`))[0]).toMatch(/^line 2: this is not CSV/);
    const row = 'a,A,SEK,,energy,,,,,flat,,,1';
    expect(told(priceListFromCsv([header, row, row.replace('a,A', 'b,A')].join('\n')))).toEqual([
      'line 3, code: "b" differs from the first row; a file holds one price list',
      'line 3, meter: "energy" has a price in line 2 already; only graduated and volume prices have several rows',
    ]);
    expect(told(priceListFromCsv([header, row, row.replace('energy,', 'energy,night')].join('\n')))).toEqual(['line 3, window: either all rows of a price name a window, or none']);
  });
});
