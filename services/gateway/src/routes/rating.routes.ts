import type { JsonObject } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { readPriceList } from '../handlers/price-list-files.js';
import type { Route } from '../http/route.js';
import { priceListRepresentations, priceListTypes } from '../messages/price-list-files.js';
import { listQuery } from '../schemas/value.schemas.js';
import { meterBody, priceListBody } from '../schemas/rating.schemas.js';
import { asId } from './path-params.js';

const asks = ratingV1.RatingService.method;

const priceListExample: JsonObject = {
  code: 'standard-2026', name: 'Standard 2026', currency: 'SEK', tax_inclusive: false,
  versions: [
    {
      effective_from: '2026-01-01T00:00:00Z',
      prices: [
        { meter: 'energy', description: 'Charging', price: { model: 'graduated', tiers: [{ up_to: '100', unit_price: '3.20' }, { unit_price: '2.80' }] } },
        { meter: 'sessions', description: 'Start fee', price: { model: 'per_event', event_fee: '5.00' } },
      ],
    },
  ],
};

export const ratingRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/meters', operationId: 'putMeter', tag: 'Catalogue', scope: 'catalogue:write', effect: 'write',
    summary: 'Define a meter', description: 'What is measured and how readings of one period become one quantity.',
    body: { kind: 'json', schema: meterBody, into: 'meter', example: { code: 'energy', name: 'Energy', aggregation: 'sum', unit: 'kWh' } },
    asks: asks.putMeter,
    answer: { status: 201, description: 'The meter.', message: ratingV1.MeterSchema },
    location: (json) => `/v1/meters/${String(json['code'])}`,
  },
  {
    method: 'GET', path: '/v1/meters', operationId: 'listMeters', tag: 'Catalogue', scope: 'catalogue:read', effect: 'read',
    summary: 'List meters', description: 'The meters of the tenant.',
    query: listQuery(),
    asks: asks.listMeters,
    answer: { status: 200, description: 'A page of meters.', message: ratingV1.MeterPageSchema },
  },
  {
    method: 'GET', path: '/v1/meters/{code}', operationId: 'getMeter', tag: 'Catalogue', scope: 'catalogue:read', effect: 'read',
    summary: 'Read a meter', description: 'One meter.',
    params: { code: asId('Code of the meter.', 'energy') },
    asks: asks.getMeter,
    answer: { status: 200, description: 'The meter.', message: ratingV1.MeterSchema },
  },
  {
    method: 'POST', path: '/v1/price-lists', operationId: 'putPriceList', tag: 'Catalogue', scope: 'catalogue:write', effect: 'write',
    summary: 'Put a price list',
    description: 'A new one, or a new catalogue version of the one with this code. As JSON, or as the CSV or YAML that GET gives. Issued invoices never change.',
    body: { kind: 'json', schema: priceListBody, into: 'price_list', example: priceListExample, also: priceListRepresentations },
    asks: asks.putPriceList,
    answer: { status: 201, description: 'The price list.', message: ratingV1.PriceListSchema },
    location: (json) => `/v1/price-lists/${String(json['code'])}`,
  },
  {
    method: 'GET', path: '/v1/price-lists', operationId: 'listPriceLists', tag: 'Catalogue', scope: 'catalogue:read', effect: 'read',
    summary: 'List price lists', description: 'With all their versions.',
    query: listQuery(),
    asks: asks.listPriceLists,
    answer: { status: 200, description: 'A page of price lists.', message: ratingV1.PriceListPageSchema },
  },
  {
    method: 'GET', path: '/v1/price-lists/{code}', operationId: 'getPriceList', tag: 'Catalogue', scope: 'catalogue:read', effect: 'read',
    summary: 'Read or export a price list', description: 'As JSON, or by Accept as CSV or YAML to edit and put back.',
    params: { code: asId('Code of the price list.', 'standard-2026') },
    handle: readPriceList,
    answer: { status: 200, description: 'The price list.', message: ratingV1.PriceListSchema, types: priceListTypes },
  },
];
