import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anna, openShop, svc, swedishEntity, TenantWorld } from '../tenant-world.fixture.js';
import { cleanSvg } from './clean-svg.js';

let world: TenantWorld;
let shop: Awaited<ReturnType<typeof openShop>>;
beforeEach(async () => {
  world = await TenantWorld.open();
  shop = await openShop(world);
});
afterEach(() => world.close());

async function everythingInChains(): Promise<string> {
  const { chains } = world.ports;
  let text = '';
  for (const name of await chains.chains('', '', 1_000)) {
    text += name;
    for (const { body, state, cause } of await chains.read(name, 1, 1_000, 1_000))
      text += cause + Buffer.from(body).toString() + Buffer.from(state).toString();
  }
  return text;
}

describe('a billing entity', () => {
  it('fills in what is usual in its country', () => {
    expect(shop.entity).toMatchObject({
      series: 'SE',
      rounding: 'half_up',
      referenceKind: 'ocr',
      paymentDays: 30,
      vatCategory: 'standard',
      bankgiro: '50501055',
    });
  });

  it.each([
    [{ vatNumber: 'SE556036079302' }, 'vat_number'],
    [{ vatNumber: 'NL004495445B01' }, 'vat_number'],
    [{ currency: 'KRO' }, 'currency'],
    [{ bankgiro: '5050-1056' }, 'bankgiro'],
    [{ bankgiro: '' }, 'iban'],
    [{ bankgiro: '', iban: 'SE4550000000058398257466', referenceKind: 'ocr' }, 'bankgiro'],
    [{ iban: 'SE4550000000058398257467' }, 'iban'],
    [{ timeZone: 'Europe/Göteborg' }, 'time_zone'],
    [{ timeZone: '+01:00' }, 'time_zone'],
    [{ address: { line1: 'A', city: 'B', country: 'Sweden' } }, 'address.country'],
    [{ name: 'Line\nbreak' }, 'name'],
  ])('is refused with %p', async (change, param) => {
    const billingEntity = { ...swedishEntity, ...change };
    expect(
      await world.refusal(svc.createBillingEntity, { tenantId: shop.tenantId, cause: world.cause(), billingEntity }),
    ).toMatchObject({
      code: 'invalid_request',
      extra: { param },
    });
  });
});

describe('a brand', () => {
  it('belongs to an entity of the same tenant', async () => {
    const other = await openShop(world);
    const brand = { name: 'B', billingEntityId: other.entity.id };
    expect(await world.refusal(svc.createBrand, { tenantId: shop.tenantId, cause: 'b', brand })).toMatchObject({
      extra: { param: 'billing_entity_id' },
    });
  });

  it('keeps the drawing of its logo and nothing that runs, loads or links', () => {
    const clean = cleanSvg(
      `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="alert(1)"><script>alert(1)</script>
       <style>@import url(http://evil)</style><a href="javascript:x"><text>gone</text></a><image href="http://evil/x.png"/>
       <foreignObject><body/></foreignObject><defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
       <g fill="url(#g)"><path d="M0 0h9v9z" style="fill:red" onclick="x()"/><use href="http://evil#a"/><use href="#g"/></g>
       <rect fill="url(http://evil)" width="3"/><text x="1">N &amp; G</text></svg>`,
      'logo_svg',
    );
    expect(clean).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs>' +
        '<g fill="url(#g)"><path d="M0 0h9v9z"/><use/><use href="#g"/></g><rect width="3"/><text x="1">N &amp; G</text></svg>',
    );
    expect(cleanSvg(clean, 'logo_svg')).toBe(clean);
  });

  it.each([
    ['<html/>', 'not an SVG'],
    ['<svg', 'not well-formed'],
    ['', 'not well-formed'],
    ['<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', 'document type'],
    [`<svg>${'<g/>'.repeat(20_000)}</svg>`, 'at most 65536'],
  ])('refuses %.40s as a logo', (text, why) => {
    expect(() => cleanSvg(text, 'logo_svg')).toThrow(why);
  });
});

describe('a customer', () => {
  const make = (customer: object = {}, cause = world.cause()) =>
    world.ask(svc.createCustomer, { tenantId: shop.tenantId, cause, customer: { ...anna, brandId: shop.brand.id, ...customer } });

  it('is shown with name and address, of which no chain knows anything', async () => {
    const customer = await make();
    expect(customer).toMatchObject({ name: 'Anna Andersson', country: 'SE', language: 'sv', address: { city: 'Lund' } });
    expect(await world.ask(svc.getCustomer, { tenantId: shop.tenantId, id: customer.id })).toEqual(customer);
    const text = await everythingInChains();
    expect(text).toContain(customer.id);
    for (const personal of ['Anna', 'anna@', 'Lillgatan', 'Lund', '222 33', 'C-1001']) expect(text).not.toContain(personal);
  });

  it('is erased for good, while its chain stays whole', async () => {
    const customer = await make({}, 'made');
    const erased = await world.ask(svc.eraseCustomer, { tenantId: shop.tenantId, cause: 'e', id: customer.id });
    expect(erased).toMatchObject({
      id: customer.id,
      name: '',
      email: '',
      reference: '',
      country: 'SE',
      erasedAt: expect.stringContaining('T'),
    });
    expect(await make({}, 'made')).toMatchObject({ id: customer.id, name: '' });
    await world.restart();
    expect(await world.ask(svc.getCustomer, { tenantId: shop.tenantId, id: customer.id })).toEqual(erased);
    expect(await world.context.views.records.get(customer.id)).toBeUndefined();
    expect((await world.ask(svc.listCustomers, { tenantId: shop.tenantId, reference: 'C-1001' })).items).toEqual([]);
    expect(await world.ask(svc.verifyChains, { tenantId: shop.tenantId })).toMatchObject({ faults: [] });
  });

  it('is found by the tenant’s own number, which is used once', async () => {
    const customer = await make();
    await make({ reference: 'C-1002' });
    expect((await world.ask(svc.listCustomers, { tenantId: shop.tenantId, reference: 'C-1001' })).items).toEqual([customer]);
    await expect(make()).rejects.toMatchObject({ code: 'conflict', extra: { param: 'reference' } });
  });

  it('of a company has departments and a VAT number, of a person neither', async () => {
    const company = {
      kind: 'company',
      reference: 'F-1',
      vatNumber: 'SE 5560360793 01',
      departments: [{ code: 'N', name: 'North' }, { code: 'S' }],
    };
    expect(await make(company)).toMatchObject({
      vatNumber: 'SE556036079301',
      departments: [
        { code: 'N', name: 'North' },
        { code: 'S', name: 'S' },
      ],
    });
    await expect(make({ ...company, kind: 'consumer' })).rejects.toMatchObject({ extra: { param: 'vat_number' } });
    await expect(make({ ...company, departments: [{ code: 'N' }, { code: 'N' }] })).rejects.toMatchObject({
      extra: { param: 'departments[1].code' },
    });
  });

  it('is listed page by page, newest first, within its tenant', async () => {
    for (let i = 0; i < 5; i++) await make({ reference: `C-${i}`, name: `Customer ${i}` });
    await openShop(world);
    const first = await world.ask(svc.listCustomers, { tenantId: shop.tenantId, limit: 3 });
    const second = await world.ask(svc.listCustomers, { tenantId: shop.tenantId, limit: 3, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ name }) => name).sort()).toEqual([0, 1, 2, 3, 4].map((i) => `Customer ${i}`));
    expect(second.nextCursor).toBe('');
    expect(await world.refusal(svc.listCustomers, { tenantId: shop.tenantId, cursor: 'not one' })).toMatchObject({
      extra: { param: 'cursor' },
    });
  });

  it('comes to invoicing with brand, entity and contracts', async () => {
    const customer = await make();
    const contract = await world.ask(svc.putContract, {
      tenantId: shop.tenantId,
      cause: 'c',
      contract: { customerId: customer.id, priceLists: ['standard'] },
    });
    const party = await world.ask(svc.getBillingParty, { tenantId: shop.tenantId, id: customer.id });
    expect(party).toMatchObject({ customer, brand: shop.brand, billingEntity: shop.entity, contracts: [contract] });
  });
});

it('keeps what names a partner out of the chains', async () => {
  const partner = { name: 'Bo Berg', email: 'bo@example.com', iban: 'SE45 5000 0000 0583 9825 7466', currency: 'SEK' };
  const made = await world.ask(svc.createPartner, { tenantId: shop.tenantId, cause: 'p', partner });
  expect(await world.ask(svc.getPartner, { tenantId: shop.tenantId, id: made.id })).toMatchObject({
    name: 'Bo Berg',
    iban: 'SE4550000000058398257466',
  });
  expect((await world.ask(svc.listPartners, { tenantId: shop.tenantId, partnerId: made.id })).items).toEqual([made]);
  expect(await everythingInChains()).not.toMatch(/Bo Berg|bo@|SE4550000000058398257466/);
});
