/** What the sample tenant measures, and what it asks for it. */
export const meters = [
  { code: 'energy_kwh', name: 'Charged energy', aggregation: 'sum', unit: 'kWh' },
  { code: 'data_mb', name: 'Mobile data', aggregation: 'sum', unit: 'MB' },
  { code: 'sms', name: 'Text messages', aggregation: 'count', unit: 'SMS' },
  { code: 'energy_register_kwh', name: 'Heat', aggregation: 'register_delta', unit: 'kWh' },
  { code: 'api_calls', name: 'API calls', aggregation: 'sum', unit: 'calls' },
  { code: 'peak_kw', name: 'Peak power', aggregation: 'max', unit: 'kW' },
] as const;

const from = '2026-01-01T00:00:00Z';

/** Prices of both brands; customers' own lists come first in their contracts, `standard` ones last. */
export const priceLists = [
  {
    code: 'laddning-hem',
    name: 'Laddning hemma, inkl. moms',
    currency: 'SEK',
    tax_inclusive: true,
    versions: [
      {
        effective_from: from,
        prices: [
          {
            meter: 'energy_kwh',
            description: 'Laddning',
            product: 'Laddning',
            price: {
              model: 'time_of_use',
              windows: [{ name: 'kväll', from: '22:00', to: '24:00', price: { model: 'per_unit', unit_price: '2.10' } }, { name: 'natt', from: '00:00', to: '06:00', price: { model: 'per_unit', unit_price: '2.10' } }],
              otherwise: { model: 'per_unit', unit_price: '3.45' },
            },
          },
        ],
      },
    ],
  },
  {
    code: 'lindqvist-avtal',
    name: 'Lindqvist, avtalspris',
    currency: 'SEK',
    versions: [
      {
        effective_from: from,
        prices: [
          {
            meter: 'energy_kwh',
            description: 'Laddning, avtalspris',
            product: 'Laddning',
            price: { model: 'graduated', tiers: [{ up_to: '400', unit_price: '2.40' }, { unit_price: '1.95' }] },
          },
        ],
      },
    ],
  },
  {
    code: 'standard-se',
    name: 'Standard Sverige',
    currency: 'SEK',
    versions: [{ effective_from: from, prices: [{ meter: 'energy_kwh', description: 'Laddning', product: 'Laddning', price: { model: 'per_unit', unit_price: '2.95' } }] }],
  },
  {
    code: 'iot-2026',
    name: 'IoT-data 2026',
    currency: 'EUR',
    versions: [
      {
        effective_from: from,
        prices: [
          { meter: 'data_mb', description: 'Mobiele data', product: 'Connectiviteit', price: { model: 'per_unit', included: '400', unit_price: '0.035' } },
          { meter: 'sms', description: 'Sms-bericht', product: 'Connectiviteit', price: { model: 'per_event', event_fee: '0.06' } },
        ],
      },
    ],
  },
  {
    code: 'warmte-2026',
    name: 'Warmte 2026',
    currency: 'EUR',
    versions: [
      {
        effective_from: from,
        prices: [
          { meter: 'energy_register_kwh', description: 'Warmte', product: 'Warmte', price: { model: 'graduated', tiers: [{ up_to: '300', unit_price: '0.142' }, { unit_price: '0.118' }] } },
          { meter: 'api_calls', description: 'API-aanroepen', product: 'Platform', price: { model: 'package', package_size: '1000', package_price: '0.80' } },
          { meter: 'peak_kw', description: 'Piekvermogen', product: 'Platform', price: { model: 'volume', tiers: [{ up_to: '50', unit_price: '0.90' }, { unit_price: '0.75' }] } },
        ],
      },
      {
        effective_from: '2026-03-01T00:00:00Z',
        prices: [
          { meter: 'energy_register_kwh', description: 'Warmte', product: 'Warmte', price: { model: 'graduated', tiers: [{ up_to: '300', unit_price: '0.149' }, { unit_price: '0.121' }] } },
          { meter: 'api_calls', description: 'API-aanroepen', product: 'Platform', price: { model: 'package', package_size: '1000', package_price: '0.80' } },
          { meter: 'peak_kw', description: 'Piekvermogen', product: 'Platform', price: { model: 'volume', tiers: [{ up_to: '50', unit_price: '0.90' }, { unit_price: '0.75' }] } },
        ],
      },
    ],
  },
] as const;
