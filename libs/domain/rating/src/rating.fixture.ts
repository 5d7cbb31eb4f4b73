import type { Aggregation, Meter, UsageEvent } from '@tollkeeper/metering';
import { Decimal } from '@tollkeeper/money';
import { compileCatalogue } from './catalogue.js';
import type { PriceList, PriceModel } from './price-list.js';
import { ratePage } from './rate-page.js';
import type { RatedLine, RatePageInput, RatingRefusal, RatingTerms } from './rate-page.types.js';
import type { RatingState } from './rating-state.js';

/** Epoch ms of an ISO time. */
export const at = (text: string): number => Date.parse(text);

export const meterOf = (aggregation: Aggregation, code = 'energy'): Meter => ({ code, name: code, aggregation, unit: 'kWh' });

export const priceList = (price: PriceModel, over: Partial<PriceList> = {}): PriceList => ({
  code: 'standard',
  name: 'Standard',
  currency: 'EUR',
  tax_inclusive: false,
  versions: [{ prices: [{ meter: 'energy', price }] }],
  ...over,
});

const terms: RatingTerms = { currency: 'EUR', timeZone: 'Europe/Stockholm', period: { every: 'month' }, priceLists: ['standard'] };

let nextId = 0;

export const usage = (time: string | number, quantity: string, over: Partial<UsageEvent> = {}): UsageEvent => ({
  source: 'charger',
  id: `e${nextId++}`,
  meter: 'energy',
  time: typeof time === 'number' ? time : at(time),
  quantity,
  ...over,
});

/** A device account reduced to its pricing: feed it pages, and ask what they came to. */
export class Account {
  state: RatingState | undefined;
  readonly lines: RatedLine[] = [];
  readonly refusals: RatingRefusal[] = [];
  closedUntil = 0;
  now = 0;
  private readonly input: Pick<RatePageInput, 'catalogue' | 'terms' | 'maxPeriods'>;

  constructor(meters: readonly Meter[], lists: readonly PriceList[], over: Partial<RatingTerms> = {}, maxPeriods?: number) {
    this.input = { catalogue: compileCatalogue(meters, lists), terms: { ...terms, ...over }, maxPeriods };
  }

  /** The lines of this page. */
  rate(...events: readonly UsageEvent[]): readonly RatedLine[] {
    const output = ratePage({ ...this.input, state: this.state, events, closedUntil: this.closedUntil, now: this.now });
    this.state = JSON.parse(JSON.stringify(output.state)) as RatingState;
    this.lines.push(...output.lines);
    this.refusals.push(...output.refusals);
    return output.lines;
  }

  get amount(): string {
    return this.lines.reduce((sum, line) => sum.plus(Decimal.of(line.amount)), Decimal.zero).toString();
  }

  get quantity(): string {
    return this.lines.reduce((sum, line) => sum.plus(Decimal.of(line.quantity)), Decimal.zero).toString();
  }

  get reasons(): readonly string[] {
    return this.refusals.map(({ reason }) => reason);
  }

  /** Totals by period, price and window, sorted: what must not depend on order or pages. */
  get totals(): readonly string[] {
    const totals = new Map<string, { quantity: Decimal; amount: Decimal; events: number }>();
    for (const line of this.lines) {
      const key = [line.periodKey, line.meter, line.priceList, line.effectiveFrom, line.window].join(' ');
      const sum = totals.get(key) ?? { quantity: Decimal.zero, amount: Decimal.zero, events: 0 };
      totals.set(key, {
        quantity: sum.quantity.plus(Decimal.of(line.quantity)),
        amount: sum.amount.plus(Decimal.of(line.amount)),
        events: sum.events + line.events,
      });
    }
    return [...totals].map(([key, { quantity, amount, events }]) => `${key}: ${quantity} in ${events} for ${amount}`).sort();
  }
}
