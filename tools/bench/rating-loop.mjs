/**
 * P2, in a process of its own: rating's pure core over pages as the platform makes them, and beside it what a plain program
 * does with the same quantities, one multiplication and one addition of decimal.js each. Totals of both are returned.
 */
import Decimal from 'decimal.js';
import { compileCatalogue, ratePage } from '@tollkeeper/rating';
import { addText, scaledSum, toDecimal } from '@tollkeeper/money';
import { contractTerms, energyMeter, priceListBody } from './template.mjs';
import { makeWorkload, priceKind, priceLists, startMs } from './workload.mjs';

const pageEvents = 256;
const Exact = Decimal.clone({ precision: 34 });
const unitPrices = { flat: '0.25', graduated: '0.2', 'time-of-use': '0.4' };
const catalogue = compileCatalogue([energyMeter], priceLists.map(priceListBody));
const pages = [];
let workload;

/** Pages of one device each, made of what came in together. */
function prepare(options, eventsTogether) {
  workload = makeWorkload(options);
  const open = new Map();
  let held = 0;
  const close = (device) => {
    pages.push({ device, events: open.get(device) });
    open.delete(device);
  };
  const seen = new Set();
  for (const { body } of workload.bodies) {
    for (const { id, source, subject, time, data } of JSON.parse(body)) {
      if (seen.has(id)) continue;
      seen.add(id);
      const device = Number(subject.slice(4));
      const page = open.get(device) ?? [];
      open.set(device, page);
      page.push({ id, source, meter: data.meter, time: Date.parse(time), quantity: data.quantity, key: '', dimensions: undefined });
      if (page.length === pageEvents) close(device);
      if (++held % eventsTogether === 0) for (const one of [...open.keys()]) close(one);
    }
  }
  for (const one of [...open.keys()]) close(one);
  return { events: seen.size, pages: pages.length };
}

function ratedRound() {
  const states = new Map();
  const owed = new Map();
  const now = startMs + 6 * 3_600_000;
  const startedAt = process.hrtime.bigint();
  for (const { device, events } of pages) {
    const { state, lines, refusals } = ratePage({ catalogue, terms: termsOf(device), state: states.get(device), events, closedUntil: 0, now });
    if (refusals.length > 0) throw new Error(`device ${device}: ${refusals[0].reason}`);
    states.set(device, state);
    let sum = owed.get(device);
    if (!sum) owed.set(device, (sum = scaledSum()));
    for (const line of lines) addText(sum, line.amount);
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  for (const [device, sum] of owed) {
    const amount = toDecimal(sum).toString();
    if (amount !== workload.expected(device)) throw new Error(`device ${device} owes ${amount}, the oracle says ${workload.expected(device)}`);
  }
  return seconds;
}

function plainRound() {
  const startedAt = process.hrtime.bigint();
  let total = new Exact(0);
  for (const { device, events } of pages) {
    const price = unitPrices[priceKind(device)];
    for (const { quantity } of events) total = total.plus(new Exact(quantity).times(price));
  }
  if (!total.isPositive()) throw new Error('nothing was added');
  return Number(process.hrtime.bigint() - startedAt) / 1e9;
}

const terms = new Map();
function termsOf(device) {
  let found = terms.get(device);
  if (!found) terms.set(device, (found = contractTerms(device)));
  return found;
}

process.on('message', ({ options, eventsTogether }) => {
  if (options) process.send(prepare(options, eventsTogether));
  else process.send({ rated: ratedRound(), plain: plainRound() });
});
process.on('disconnect', () => process.exit(0));
