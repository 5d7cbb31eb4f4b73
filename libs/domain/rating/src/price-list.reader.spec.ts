import { describe, expect, it } from '@jest/globals';
import type { Meter } from '@tollkeeper/metering';
import type { PriceList } from './price-list.js';
import { readPriceList, validatePriceList } from './price-list.reader.js';
import { meterOf } from './rating.fixture.js';

const perUnit = { model: 'per_unit', unit_price: '0.25' };
const list = (price: unknown, over: object = {}) => ({
  code: 'standard',
  name: 'Standard',
  currency: 'EUR',
  tax_inclusive: true,
  versions: [{ effective_from: '2026-01-01', prices: [{ meter: 'energy', price }] }],
  ...over,
});
const faults = (value: unknown, meters?: readonly Meter[]): readonly string[] => validatePriceList(value, { meters }).map(({ path, message }) => `${path} ${message}`);
const modelFaults = (price: unknown): readonly string[] => faults(list(price)).map((fault) => fault.replace('versions[0].prices[0].price.', ''));

describe('reading a price list', () => {
  it('takes a list with every model', () => {
    const tiers = [{ up_to: '10', unit_price: '2', flat_fee: '1' }, { unit_price: '1' }];
    const models = [
      perUnit,
      { model: 'flat', amount: '5', included: '3' },
      { model: 'graduated', tiers },
      { model: 'volume', tiers, event_fee: '0.1' },
      { model: 'package', package_size: '100', package_price: '5' },
      { model: 'per_event', event_fee: '0.5' },
      { model: 'time_of_use', windows: [{ name: 'night', days: ['sun', 'mon'], from: '22:00', to: '06:00', price: perUnit }], otherwise: perUnit },
    ];
    const whole = list(perUnit, { versions: [{ prices: models.map((price, index) => ({ meter: `m${index}`, price })) }] });
    expect(readPriceList(whole)).toEqual({ priceList: whole as unknown as PriceList, faults: [] });
  });

  it('takes the wire form, where members that are not there are empty', () => {
    const price = { ...perUnit, amount: '', tiers: [], package_size: '', included: '', event_fee: '', windows: [], otherwise: null };
    const wire = list(price, { version: 3, created_at: '2026-01-01T00:00:00Z' });
    expect(readPriceList(wire).priceList).toEqual(list(perUnit));
  });

  it('says everything that is wrong at once, each with its path', () => {
    expect(faults({ code: 'a b', currency: 'XYZ', versions: [{ effective_from: 'soon', prices: [{ price: {} }] }], extra: 1 })).toEqual([
      'currency "XYZ" is not an ISO 4217 currency; write a code such as SEK',
      'code must be letters, digits and . _ : - only, begin with a letter or digit, and have at most 64 characters',
      'name is missing',
      'versions[0].effective_from "soon" is neither a date such as 2026-01-31 nor an RFC 3339 time',
      'versions[0].prices[0].meter is missing',
      'versions[0].prices[0].price.model is missing',
      'extra does not belong to a price list',
    ]);
    expect(faults([])).toContain('the price list must be an object with members, and is a list');
    expect(faults(list(perUnit, { versions: [] }))).toEqual(['versions must have at least one version']);
  });

  it('refuses numbers, exponents and amounts below zero', () => {
    expect(modelFaults({ model: 'per_unit', unit_price: 0.25 })).toEqual(['unit_price must be a decimal in quotes, for example "0.25": a number may lose digits']);
    expect(modelFaults({ model: 'per_unit', unit_price: '1e-3' })[0]).toContain('exponent');
    expect(modelFaults({ model: 'flat', amount: '-1' })).toEqual(['amount must not be negative']);
    expect(modelFaults({ model: 'package', package_size: '0', package_price: '1' })).toEqual(['package_size must be above zero']);
  });

  it('refuses members of another model, and models that do not exist', () => {
    expect(modelFaults({ model: 'per_unit', unit_price: '1', amount: '2' })).toEqual(['amount does not belong to a per_unit price']);
    expect(modelFaults({ model: 'cheap' })).toEqual(['model "cheap" is not a price model; write one of flat, per_unit, graduated, volume, package, per_event, time_of_use']);
  });

  it('refuses tiers with gaps or out of order', () => {
    const tier = (up_to?: string) => ({ up_to, unit_price: '1' });
    const tiered = (...tiers: object[]) => modelFaults({ model: 'graduated', tiers });
    expect(tiered()).toEqual(['tiers must have at least one tier']);
    expect(tiered(tier('10'), tier('10'), tier())).toEqual(['tiers[1].up_to must be above 10, the end of the tier before it']);
    expect(tiered(tier(), tier())).toEqual(['tiers[0].up_to is missing; only the last tier has no end']);
    expect(tiered(tier('10'))).toEqual(['tiers[0].up_to must be left out in the last tier, or quantities above it would have no price']);
  });

  it('refuses windows that overlap, across midnight and the end of the week too', () => {
    const window = (name: string, days: string[] | undefined, from: string, to: string) => ({ name, days, from, to, price: perUnit });
    const timed = (...windows: object[]) => modelFaults({ model: 'time_of_use', windows, otherwise: perUnit });
    expect(timed(window('day', ['mon'], '07:00', '19:00'), window('evening', ['mon'], '19:00', '23:00'))).toEqual([]);
    expect(timed(window('day', ['mon', 'tue'], '07:00', '19:00'), window('late', ['tue'], '18:59', '20:00'))).toEqual(['windows[1] overlaps the window "day" on tue']);
    expect(timed(window('night', ['sun'], '22:00', '06:00'), window('early', ['mon'], '05:00', '07:00'))).toEqual(['windows[1] overlaps the window "night" on mon']);
    expect(timed(window('x', ['moon'], '7:00', '25:00'), window('otherwise', ['mon', 'mon'], '24:00', '24:00'))).toEqual([
      'windows[0].days must be some of mon, tue, wed, thu, fri, sat, sun',
      'windows[0].from must be a time of day such as 07:00, at most 24:00',
      'windows[0].to must be a time of day such as 07:00, at most 24:00',
      'windows[1].days has a day twice',
      'windows[1].from must be before 24:00; write 00:00',
      'windows[1].name "otherwise" is taken; every window needs a name of its own',
    ]);
  });

  it('refuses versions out of order and two prices for a meter', () => {
    const versions = (...dates: (string | undefined)[]) => faults(list(perUnit, { versions: dates.map((effective_from) => ({ effective_from, prices: [] })) }));
    expect(versions(undefined, '2026-01-01', '2026-01-01T12:00:00Z')).toEqual([]);
    expect(versions('2026-02-01', '2026-01-01')).toEqual(['versions[1].effective_from must be later than that of the version before it']);
    expect(versions('2026-02-01', undefined)).toHaveLength(1);
    const twice = { prices: [{ meter: 'energy', price: perUnit }, { meter: 'energy', price: perUnit }] };
    expect(faults(list(perUnit, { versions: [twice] }))).toEqual(['versions[0].prices[1].meter "energy" has a price in this version already']);
  });

  it('checks prices against the meters when it knows them', () => {
    const timed = { model: 'time_of_use', windows: [{ name: 'a', from: '00:00', to: '12:00', price: perUnit }], otherwise: perUnit };
    expect(faults(list(perUnit), [meterOf('sum', 'data')])).toEqual(['versions[0].prices[0].meter there is no meter with the code "energy"']);
    expect(faults(list(timed), [meterOf('sum')])).toEqual([]);
    expect(faults(list(timed), [meterOf('register_delta')])[0]).toContain('versions[0].prices[0].price.model must not be time_of_use for a register');
  });
});
