import { create, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ingestionV1, ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { fromPublicJson, toPublicJson } from './message-json.mapping.js';
import { priceListBody } from '../schemas/rating.schemas.js';
import { priceListRepresentations, toPriceListFile } from './price-list-files.js';

const options = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;

describe('public JSON', () => {
  it('is the proto JSON without empty texts', () => {
    const device = create(tenantV1.DeviceSchema, { id: 'dev_1', reference: 'SE*1', tags: { floor: '', site: 'A' } });
    const { name, kind, customer_id, department, contract_id, partner_id, created_at, ...shown } = toJson(tenantV1.DeviceSchema, device, options) as Record<string, unknown>;
    expect([name, kind, customer_id, department, contract_id, partner_id, created_at]).toEqual(['', '', '', '', '', '', '']);
    expect(toPublicJson(tenantV1.DeviceSchema, device)).toEqual(shown);
  });

  it('keeps zeros, noes and empty lists, and leaves out messages that are not set', () => {
    expect(toPublicJson(ratingV1.PriceListSchema, create(ratingV1.PriceListSchema, { code: 'a' }))).toEqual({ code: 'a', tax_inclusive: false, versions: [], version: 0 });
    expect(toPublicJson(tenantV1.ContractSchema, create(tenantV1.ContractSchema))).not.toHaveProperty('hold');
  });

  it('shows JSON texts as JSON', () => {
    const mapping = create(ingestionV1.MappingSchema, { code: 'a', definition: '{"source":{"format":"csv"}}' });
    expect(toPublicJson(ingestionV1.MappingSchema, mapping)['definition']).toEqual({ source: { format: 'csv' } });
  });

  it('becomes a request message, or a problem that says why not', () => {
    expect(fromPublicJson(tenantV1.GetRequestSchema, { tenant_id: 'ten_a', id: 'x' })).toMatchObject({ tenantId: 'ten_a', id: 'x' });
    expect(() => fromPublicJson(tenantV1.GetRequestSchema, { id: 7 })).toThrow(/invalid_request/);
  });
});

describe('a price list as a file', () => {
  const list = {
    code: 'standard', name: 'Standard', currency: 'SEK', tax_inclusive: true, version: 3, created_at: '2026-01-01T00:00:00Z',
    versions: [{ effective_from: '2026-01-01T00:00:00Z', prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '3.20', tiers: [], windows: [] } }] }],
  };
  const reader = (type: string) => priceListRepresentations.find(({ mediaType }) => mediaType === type);

  it.each(['text/csv', 'application/yaml'])('comes back from %s as it was sent, digits and all', (type) => {
    const { version: _version, created_at: _created, ...sent } = structuredClone(list);
    const back = reader(type)?.parse(Buffer.from(toPriceListFile(list, type) ?? ''));
    expect(back).toEqual({ ...sent, versions: [{ ...sent.versions[0], prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '3.20' } }] }] });
  });

  it.each(priceListRepresentations.map((one) => [one.mediaType, one] as const))('has an example in %s that is taken', (_type, { parse, example }) => {
    expect(priceListBody.safeParse(parse(Buffer.from(example)))).toMatchObject({ success: true });
  });

  it('says in which line it cannot be read', () => {
    expect(() => reader('application/yaml')?.parse(Buffer.from('code: a\nversions: [1'))).toThrow(/line 2/);
    expect(() => reader('text/csv')?.parse(Buffer.from('code,name\n"a'))).toThrow(/line/);
  });
});
