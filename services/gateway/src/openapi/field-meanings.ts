import { exampleId } from '../routes/path-params.js';

interface FieldMeaning {
  readonly description?: string;
  readonly format?: string;
  /** Without one, examples leave the field out. */
  readonly example?: string;
}

const moment: FieldMeaning = { format: 'date-time', example: '2026-02-01T06:00:00.000Z' };
const day: FieldMeaning = { format: 'date', example: '2026-02-01' };
const money: FieldMeaning = { description: 'Decimal, in the currency beside it.', example: '149.00' };

/** What fields of one name mean wherever they stand; a comment of the proto file has precedence. */
export const fieldMeanings: Readonly<Record<string, FieldMeaning>> = {
  id: { description: 'Id; its prefix says what it names, and ids sort by age.', example: exampleId('inv') },
  next_cursor: { description: 'Cursor of the next page; absent on the last one.' },
  tenant_id: { description: 'Tenant.', example: exampleId('ten') },
  api_key_id: { description: 'API key of the request.', example: exampleId('key') },
  billing_entity_id: { description: 'Billing entity that sells.', example: exampleId('ent') },
  brand_id: { description: 'Brand.', example: exampleId('brd') },
  customer_id: { description: 'Customer.', example: exampleId('cus') },
  partner_id: { description: 'Partner.', example: exampleId('par') },
  contract_id: { description: 'Contract.', example: exampleId('con') },
  invoice_id: { description: 'Invoice.', example: exampleId('inv') },
  payment_id: { description: 'Payment.', example: exampleId('pay') },
  receipt_id: { description: 'Receipt.', example: exampleId('rcp') },
  bill_run_id: { description: 'Bill run that issued it.', example: exampleId('run') },
  endpoint_id: { description: 'Webhook endpoint.', example: exampleId('whk') },
  name: { description: 'For people.', example: 'Northgrid' },
  code: { description: "Stable word of the tenant's own.", example: 'standard' },
  reference: { example: '10042017' },
  device: { description: 'Reference of the device.', example: 'SE*NGR*E0001' },
  meter: { description: 'Code of the meter.', example: 'energy' },
  unit: { description: 'Unit of the quantity.', example: 'kWh' },
  currency: { description: 'ISO 4217.', example: 'SEK' },
  country: { description: 'ISO 3166-1 alpha-2.', example: 'SE' },
  language: { description: 'BCP 47.', example: 'sv' },
  email: { description: 'Erasable.', example: 'faktura@bergsakeri.example' },
  time_zone: { description: 'IANA name.', example: 'Europe/Stockholm' },
  status: { example: 'done' },
  kind: { example: 'invoice' },
  role: { example: 'admin' },
  mode: { example: 'live' },
  number: { description: 'Number of the document.', example: 'SE-2026-000017' },
  description: { description: 'For people.', example: 'Charging' },
  detail: { description: 'What was wrong, and how to mend it.', example: 'The device is not registered; register it, then replay.' },
  reason: { description: 'Why.', example: 'unknown_device' },
  quantity: { description: 'Decimal.', example: '42.7' },
  amount: money, net: money, tax: money, vat: money, total: money, balance: money, overdue: money, open: money, credit: money,
  opening: money, closing: money, earned: money, clawed_back: money, unstated: money, base: money, fee: { example: '60.00' },
  rate: { description: 'Percent as a decimal.', example: '25' },
  percentage: { description: 'Percent as a decimal.', example: '12.5' },
  hash: { description: 'SHA-256 of the entry, hexadecimal.', example: '5f6d1c9e0b7a4f2d8c3e5a7b9d1f2e4c6a8b0d2f4e6c8a0b1d3f5e7c9a2b4d6f' },
  head_hash: { description: 'SHA-256 of the last entry, hexadecimal.', example: '5f6d1c9e0b7a4f2d8c3e5a7b9d1f2e4c6a8b0d2f4e6c8a0b1d3f5e7c9a2b4d6f' },
  n: { description: 'Number of the entry in its chain, from 1.' },
  chain: { description: 'Name of the chain.', example: `invoice/${exampleId('ten')}/SE-2026` },
  version: { description: 'Counts up with every change.' },
  period_start: moment, period_end: moment, created_at: moment, issued_at: moment, received_at: moment, settled_at: moment, finished_at: moment,
  booked_at: moment, opened_at: moment, now: moment, until: moment, effective_from: moment, at: moment, since: moment,
  revoked_at: { format: 'date-time' }, erased_at: { format: 'date-time' }, next_attempt_at: { format: 'date-time' }, last_closed_at: { format: 'date-time' },
  issue_date: day, due_date: day, start_date: day, day, date: day, end_date: { format: 'date' },
  month: { example: '2026-01' },
  url: { example: 'https://hooks.northgrid.example/tollkeeper' },
};
