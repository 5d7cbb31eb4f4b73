import { fromRfc3339 } from '@tollkeeper/kernel';
import { isDate, type Meter } from '@tollkeeper/metering';
import { Decimal, isCurrency } from '@tollkeeper/money';
import { Fields, type PriceListFault } from './fields.js';
import {
  otherwiseWindow,
  type Price,
  type PriceList,
  type PriceListVersion,
  type PriceModel,
  simpleModels,
  type SimplePriceModel,
  type Tier,
  type TimeOfUse,
  type TimeWindow,
  type Weekday,
  weekdays,
} from './price-list.js';
import { minuteOfDay, windowStretches } from './time-of-use.js';

export interface PriceListReading {
  /** Undefined when there are faults. */
  readonly priceList: PriceList | undefined;
  readonly faults: readonly PriceListFault[];
}

export interface PriceListReadingOptions {
  /** Where they are given, prices must name one of them, and fit its aggregation. */
  readonly meters?: readonly Meter[];
}

const most = { versions: 1000, prices: 10_000, tiers: 200, windows: 200 };

/**
 * Makes a price list of a value from outside (JSON, YAML, CSV), or says everything that is wrong with it, each with the
 * path of the member. Null, empty text and empty lists count as absent.
 */
export function readPriceList(value: unknown, options: PriceListReadingOptions = {}): PriceListReading {
  const faults: PriceListFault[] = [];
  const fields = new Fields(value, '', faults);
  const currency = fields.text('currency');
  if (currency !== '' && !isCurrency(currency)) fields.fault('currency', `${JSON.stringify(currency)} is not an ISO 4217 currency; write a code such as SEK`);
  const versions = fields.list('versions', most.versions);
  if (versions.length === 0 && faults.length === 0) fields.fault('versions', 'must have at least one version');
  const priceList: PriceList = {
    code: fields.code('code'),
    name: fields.text('name'),
    currency,
    tax_inclusive: fields.boolean('tax_inclusive'),
    versions: versions.map((version, index) => readVersion(new Fields(version, `versions[${index}]`, faults), options)),
  };
  // The wire form of a stored list has these beside; they are the catalogue's.
  fields.get('version');
  fields.get('created_at');
  fields.refuseOthers('a price list');
  checkVersionOrder(priceList.versions, faults);
  return { priceList: faults.length === 0 ? priceList : undefined, faults };
}

/** What is wrong with a price list: nothing, for an empty answer. */
export function validatePriceList(value: unknown, options: PriceListReadingOptions = {}): readonly PriceListFault[] {
  return readPriceList(value, options).faults;
}

function readVersion(fields: Fields, options: PriceListReadingOptions): PriceListVersion {
  const effectiveFrom = fields.optionalText('effective_from');
  if (effectiveFrom !== undefined && instantOf(effectiveFrom) === undefined) {
    fields.fault('effective_from', `${JSON.stringify(effectiveFrom)} is neither a date such as 2026-01-31 nor an RFC 3339 time`);
  }
  const items = fields.list('prices', most.prices);
  const faults = fields.faultsOf();
  const prices = items.map((item, index) => readPrice(new Fields(item, `${fields.pathOf('prices')}[${index}]`, faults), options));
  const seen = new Set<string>();
  prices.forEach(({ meter }, index) => {
    if (meter !== '' && seen.has(meter)) fields.fault(`prices[${index}].meter`, `${JSON.stringify(meter)} has a price in this version already`);
    seen.add(meter);
  });
  fields.refuseOthers('a version');
  return { ...(effectiveFrom === undefined ? {} : { effective_from: effectiveFrom }), prices };
}

function checkVersionOrder(versions: readonly PriceListVersion[], faults: PriceListFault[]): void {
  versions.forEach((version, index) => {
    const before = versions[index - 1];
    if (!before) return;
    const start = version.effective_from === undefined ? 0 : instantOf(version.effective_from);
    const startBefore = before.effective_from === undefined ? Number.NEGATIVE_INFINITY : instantOf(before.effective_from);
    if (version.effective_from === undefined || (start !== undefined && startBefore !== undefined && start <= startBefore)) {
      faults.push({ path: `versions[${index}].effective_from`, message: 'must be later than that of the version before it' });
    }
  });
}

function instantOf(text: string): number | undefined {
  return isDate(text) ? Date.parse(`${text}T00:00:00Z`) : fromRfc3339(text);
}

function readPrice(fields: Fields, options: PriceListReadingOptions): Price {
  const code = fields.code('meter');
  const meter = options.meters?.find((one) => one.code === code);
  if (options.meters && code !== '' && !meter) fields.fault('meter', `there is no meter with the code ${JSON.stringify(code)}`);
  const description = fields.optionalText('description');
  const product = fields.optionalText('product');
  const price = readModel(fields.object('price'));
  if (price.model === 'time_of_use' && meter?.aggregation === 'register_delta') {
    fields.fault('price.model', 'must not be time_of_use for a register: its consumption between two readings has no time of day');
  }
  fields.refuseOthers('a price');
  return { meter: code, ...(description === undefined ? {} : { description }), ...(product === undefined ? {} : { product }), price };
}

function readModel(fields: Fields): PriceModel {
  return fields.get('model') === 'time_of_use' ? readTimeOfUse(fields) : readSimpleModel(fields, [...simpleModels, 'time_of_use']);
}

function readSimpleModel(fields: Fields, allowed: readonly string[] = simpleModels): SimplePriceModel {
  const name = fields.text('model');
  const model = simpleModels.find((one) => one === name);
  if (model === undefined) {
    if (name !== '') fields.fault('model', `${JSON.stringify(name)} is not a price model; write one of ${allowed.join(', ')}`);
    return { model: 'flat', amount: '0' };
  }
  const included = fields.optionalDecimal('included');
  const eventFee = model === 'per_event' ? fields.decimal('event_fee') : fields.optionalDecimal('event_fee');
  const extras = { ...(included === undefined ? {} : { included }), ...(eventFee === undefined ? {} : { event_fee: eventFee }) };
  const read: SimplePriceModel = { ...readOwn(fields, model), ...extras };
  fields.refuseOthers(`a ${model} price`);
  return read;
}

function readOwn(fields: Fields, model: (typeof simpleModels)[number]): SimplePriceModel {
  switch (model) {
    case 'flat':
      return { model, amount: fields.decimal('amount') };
    case 'per_unit':
      return { model, unit_price: fields.decimal('unit_price') };
    case 'graduated':
    case 'volume':
      return { model, tiers: readTiers(fields) };
    case 'package':
      return { model, package_size: fields.decimal('package_size', 'above_zero'), package_price: fields.decimal('package_price') };
    case 'per_event':
      return { model, event_fee: '0' };
  }
}

function readTiers(fields: Fields): readonly Tier[] {
  const items = fields.list('tiers', most.tiers);
  if (items.length === 0) fields.fault('tiers', 'must have at least one tier');
  let above: Decimal | undefined;
  return items.map((item, index) => {
    const tier = new Fields(item, `${fields.pathOf('tiers')}[${index}]`, fields.faultsOf());
    const isLast = index === items.length - 1;
    const upTo = tier.optionalDecimal('up_to', 'above_zero');
    if (isLast && tier.get('up_to') !== undefined) tier.fault('up_to', 'must be left out in the last tier, or quantities above it would have no price');
    if (!isLast && tier.get('up_to') === undefined) tier.fault('up_to', 'is missing; only the last tier has no end');
    if (upTo !== undefined) {
      if (above && Decimal.of(upTo).compare(above) <= 0) tier.fault('up_to', `must be above ${above}, the end of the tier before it`);
      above = Decimal.of(upTo);
    }
    const unitPrice = tier.decimal('unit_price');
    const flatFee = tier.optionalDecimal('flat_fee');
    tier.refuseOthers('a tier');
    return { ...(upTo === undefined ? {} : { up_to: upTo }), unit_price: unitPrice, ...(flatFee === undefined ? {} : { flat_fee: flatFee }) };
  });
}

function readTimeOfUse(fields: Fields): TimeOfUse {
  fields.get('model');
  const items = fields.list('windows', most.windows);
  if (items.length === 0) fields.fault('windows', 'must have at least one window');
  const windows = items.map((item, index) => readWindow(new Fields(item, `${fields.pathOf('windows')}[${index}]`, fields.faultsOf())));
  const names = new Set<string>([otherwiseWindow]);
  windows.forEach(({ name }, index) => {
    if (names.has(name)) fields.fault(`windows[${index}].name`, `${JSON.stringify(name)} is taken; every window needs a name of its own`);
    names.add(name);
  });
  checkOverlaps(fields, windows);
  const otherwise = readSimpleModel(fields.object('otherwise'));
  fields.refuseOthers('a time_of_use price (included and event_fee go into its windows)');
  return { model: 'time_of_use', windows, otherwise };
}

function readWindow(fields: Fields): TimeWindow {
  const days = fields.list('days', 7);
  const known = days.filter((day): day is Weekday => weekdays.some((one) => one === day));
  if (known.length < days.length) fields.fault('days', `must be some of ${weekdays.join(', ')}`);
  else if (new Set(known).size < known.length) fields.fault('days', 'has a day twice');
  const window = { name: fields.text('name'), from: fields.text('from'), to: fields.text('to') };
  if (window.name.length > 64) fields.fault('name', 'must be at most 64 characters long');
  for (const border of ['from', 'to'] as const) {
    if (window[border] !== '' && minuteOfDay(window[border]) === undefined) fields.fault(border, 'must be a time of day such as 07:00, at most 24:00');
  }
  if (window.from === '24:00') fields.fault('from', 'must be before 24:00; write 00:00');
  else if (window.from !== '' && window.from === window.to) fields.fault('to', 'must differ from the start; a whole day is 00:00 to 24:00');
  const price = readSimpleModel(fields.object('price'));
  fields.refuseOthers('a window');
  return { name: window.name, ...(known.length === 0 ? {} : { days: known }), from: window.from, to: window.to, price };
}

function checkOverlaps(fields: Fields, windows: readonly TimeWindow[]): void {
  const stretches = windows.flatMap((window, index) =>
    minuteOfDay(window.from) === undefined || minuteOfDay(window.to) === undefined
      ? []
      : windowStretches(window).map(([from, to]) => ({ index, name: window.name, from, to })),
  );
  stretches.sort((a, b) => a.from - b.from);
  const told = new Set<string>();
  let reach = stretches[0];
  for (const stretch of stretches.slice(1)) {
    if (reach && stretch.from < reach.to && stretch.index !== reach.index) {
      const [first, second] = stretch.index < reach.index ? [stretch, reach] : [reach, stretch];
      const pair = `${first.index} ${second.index}`;
      if (!told.has(pair)) fields.fault(`windows[${second.index}]`, `overlaps the window ${JSON.stringify(first.name)} on ${weekdays[Math.floor(stretch.from / 1440)]}`);
      told.add(pair);
    }
    if (!reach || stretch.to > reach.to) reach = stretch;
  }
}
