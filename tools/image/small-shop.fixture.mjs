/** The least that a platform needs to be told before it can book an event: a tenant, what it sells, and who uses it. */

/** Asks the API with a key; throws with the whole answer when it is refused. */
function clientFor(address, key) {
  let asked = 0;
  return async (method, path, body, type = 'application/json') => {
    const headers = { authorization: `Bearer ${key}`, ...(method === 'GET' ? {} : { 'content-type': type, 'idempotency-key': `image-${key.slice(-8)}-${(asked += 1)}` }) };
    const response = await fetch(address + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`), { status: response.status });
    return answer;
  };
}

/** A sandbox on the third of January 2026 with a meter, a price, and a customer with one device; answers its client. */
export async function openShop(address, operatorKey) {
  const operator = clientFor(address, operatorKey);
  const { id: tenant } = await operator('POST', '/v1/tenants', { name: 'Image', slug: 'image', mode: 'sandbox', clock_start: '2026-01-03T00:00:00Z' });
  const { secret } = await operator('POST', `/v1/tenants/${tenant}/api-keys`, { name: 'Test', role: 'admin' });
  const client = clientFor(address, secret);
  const create = async (path, body) => (await client('POST', path, body)).id;
  const entity = await create('/v1/billing-entities', {
    name: 'Testbolaget AB', registration_number: '559012-3450', vat_number: 'SE559012345001', currency: 'SEK', series: 'SE',
    address: { line1: 'Storgatan 1', postal_code: '111 22', city: 'Stockholm', country: 'SE' },
    bankgiro: '5805-6201', reference_kind: 'ocr', payment_days: 14, time_zone: 'Europe/Stockholm',
  });
  const brand = await create('/v1/brands', { name: 'Test', billing_entity_id: entity, language: 'sv' });
  await create('/v1/meters', { code: 'energy', name: 'Energy', aggregation: 'sum', unit: 'kWh' });
  const prices = [{ meter: 'energy', price: { model: 'per_unit', unit_price: '2.00' } }];
  await create('/v1/price-lists', { code: 'home', name: 'Home', currency: 'SEK', versions: [{ effective_from: '2026-01-01T00:00:00Z', prices }] });
  const customer = await create('/v1/customers', {
    kind: 'consumer', brand_id: brand, name: 'Anna Berg', address: { line1: 'Ekvägen 1', postal_code: '182 33', city: 'Danderyd', country: 'SE' },
  });
  const device = 'image-1';
  await client('POST', '/v1/devices', { devices: [{ reference: device, customer_id: customer }] });
  await client('POST', '/v1/contracts', {
    customer_id: customer, currency: 'SEK', time_zone: 'Europe/Stockholm', period: 'monthly', price_lists: ['home'], start_date: '2026-01-01', devices: [device],
  });
  return { client, device };
}

/** Asks until the answer is good; what is not there yet is asked for again. */
export async function eventually(ask, good, withinMs = 60_000) {
  let answer;
  for (const end = Date.now() + withinMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    answer = await ask().catch((error) => {
      if (error.status === 404) return undefined;
      throw error;
    });
    if (answer !== undefined && good(answer)) return answer;
  }
  throw new Error(`not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)}`);
}
