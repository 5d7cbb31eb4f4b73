/**
 * The bench's usage: seeded, so that every run sends the same bytes, and with an oracle of its own that shares no code with
 * the product: totals are BigInt hundredths and millionths, worked out event by event.
 *
 * 50 tenants, the first with half the load; prices flat / graduated / time-of-use 60/30/10; 1 % duplicates, half of them
 * from over an hour before; 5 % late.
 */

/** Mulberry32: 32 bits of state, good enough to spread load, and the same everywhere. */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Picks 0..n-1 so that the k-th is as frequent as 1/(k+1)^0.99, by inverting the cumulative weights. */
function zipfPicker(n, random) {
  const cumulative = new Float64Array(n);
  let sum = 0;
  for (let k = 0; k < n; k++) cumulative[k] = sum += 1 / (k + 1) ** 0.99;
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export const tenantCount = 50;
export const startMs = Date.UTC(2026, 0, 10);
/** The usage of a run spreads over so much event time. */
const spanMs = 6 * 3_600_000;

/** Price kinds by device: 60/30/10. */
export function priceKind(device) {
  const slot = device % 10;
  return slot < 6 ? 'flat' : slot < 9 ? 'graduated' : 'time-of-use';
}

/** Half of the devices, and so of the load, are the first tenant's. */
export function tenantOf(device) {
  return device % 2 === 0 ? 0 : 1 + ((device >>> 1) % (tenantCount - 1));
}

export const priceLists = [
  { code: 'flat', prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '0.25' } }] },
  {
    code: 'graduated',
    prices: [
      {
        meter: 'energy',
        price: {
          model: 'graduated',
          tiers: [{ up_to: '10', unit_price: '0.3' }, { up_to: '100', unit_price: '0.2' }, { unit_price: '0.1' }],
        },
      },
    ],
  },
  {
    code: 'time-of-use',
    prices: [
      {
        meter: 'energy',
        price: {
          model: 'time_of_use',
          windows: [{ name: 'night', from: '00:00', to: '03:00', price: { model: 'per_unit', unit_price: '0.1' } }],
          otherwise: { model: 'per_unit', unit_price: '0.4' },
        },
      },
    ],
  },
];

export function deviceReference(device) {
  return `dev-${String(device).padStart(7, '0')}`;
}

/**
 * Makes `events` events over `devices` devices, in batches of one tenant each.
 * Returns the bodies in sending order and what the books must say in the end.
 */
export function makeWorkload({ devices, events, batch, eventBytes, spread, duplicates = 0.01, late = 0.05, seed = 1 }) {
  const random = seededRandom(seed);
  const pick = spread === 'zipf' ? zipfPicker(devices, random) : () => Math.floor(random() * devices);
  // The most frequent devices must not all be neighbours, or they would share tenants and prices: a fixed odd stride mixes them.
  const stride = 7919;
  const hundredths = new Float64Array(devices);
  const night = new Float64Array(devices);
  const open = Array.from({ length: tenantCount }, () => []);
  const sent = Array.from({ length: tenantCount }, () => []);
  const bodies = [];
  const counts = { events: 0, duplicates: 0, bytes: 0 };
  const used = new Set();
  const filler = eventBytes > 200 ? 'x'.repeat(eventBytes - 200) : '';
  const flush = (tenant) => {
    const lines = open[tenant];
    if (lines.length === 0) return;
    const body = Buffer.from(lines.length === 1 ? lines[0] : `[${lines.join(',')}]`);
    bodies.push({ tenant, body, events: lines.length });
    counts.bytes += body.length;
    open[tenant] = [];
  };
  for (let i = 0; i < events; i++) {
    const device = (pick() * stride) % devices;
    const tenant = tenantOf(device);
    const past = sent[tenant];
    let text;
    if (past.length > 100 && random() < duplicates) {
      // Half recent, half from the first tenth of the run, which is over an hour before once a quarter of it has been sent.
      const from = random() < 0.5 ? past.length - 1 - Math.floor(random() * 50) : Math.floor((random() * past.length) / 10);
      text = past[from];
      counts.duplicates++;
    } else {
      const isLate = random() < late;
      // A late event was numbered when it was measured: its id is lower, too. Ids have one length, as counters and ULIDs do.
      const at = Math.max(0, isLate ? i - Math.floor(random() * events * 0.2) : i);
      const timeMs = startMs + Math.floor((at / events) * spanMs);
      const quantity = 1 + Math.floor(random() * 999);
      const id = `${String(at).padStart(9, '0')}${String(i).padStart(9, '0')}`;
      text = eventText(device, id, timeMs, quantity, filler);
      if (past.length < 200_000) past.push(text);
      used.add(device);
      hundredths[device] += quantity;
      if (timeMs % 86_400_000 < 3 * 3_600_000) night[device] += quantity;
    }
    counts.events++;
    open[tenant].push(text);
    if (open[tenant].length === batch) flush(tenant);
  }
  for (let tenant = 0; tenant < tenantCount; tenant++) flush(tenant);
  return { bodies, counts, devices: used, expected: (device) => expectedBalance(device, hundredths[device], night[device]) };
}

function eventText(device, id, timeMs, quantity, filler) {
  const time = new Date(timeMs).toISOString();
  const value = `${Math.floor(quantity / 100)}.${String(quantity % 100).padStart(2, '0')}`;
  const extra = filler ? `"note":"${filler}",` : '';
  return `{"specversion":"1.0","type":"tollkeeper.usage.v1","source":"hub-${device % 97}",${extra}"id":"${id}","subject":"${deviceReference(device)}","time":"${time}","data":{"meter":"energy","quantity":"${value}"}}`;
}

/** What a device owes, as a decimal text without trailing zeros. Quantities are hundredths; prices tenths of a cent or coarser. */
function expectedBalance(device, hundredths, night) {
  const q = BigInt(hundredths);
  let micros;
  if (priceKind(device) === 'flat') micros = q * 2500n;
  else if (priceKind(device) === 'graduated') {
    const first = q < 1000n ? q : 1000n;
    const second = q < 10000n ? q - first : 9000n;
    const third = q > 10000n ? q - 10000n : 0n;
    micros = first * 3000n + second * 2000n + third * 1000n;
  } else micros = BigInt(night) * 1000n + (q - BigInt(night)) * 4000n;
  const whole = micros / 1_000_000n;
  const fraction = String(micros % 1_000_000n).padStart(6, '0').replace(/0+$/, '');
  return fraction ? `${whole}.${fraction}` : String(whole);
}
