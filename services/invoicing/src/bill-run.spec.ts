import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import { entityId, eventually, InvoicingWorld, svc, tenantId } from './invoicing-world.fixture.js';

let world: InvoicingWorld;
beforeEach(async () => {
  world = await InvoicingWorld.open();
});
afterEach(() => world.close());

const monthly = { id: 'ctr_1', currency: 'SEK', timeZone: 'Europe/Stockholm', period: 'monthly', startDate: '2026-01-01' };
const serviceFee = { code: 'service', description: 'Service', amount: '31.00', per: 'contract' };

describe('a bill run', () => {
  it('issues one invoice a customer, numbered without gap, and counts what is held', async () => {
    for (const id of ['cus_3', 'cus_1', 'cus_2']) world.holds(world.customer(id), `dev-${id}`, '100');
    world.holds('cus_2', 'dev-small', '0.40', { held: true });
    world.customer('cus_4');
    const run = await world.bill();
    expect(run).toMatchObject({ customers: 4, customersDone: 4, invoices: 3, held: 1, net: '300', tax: '75', total: '375', failures: [] });
    const invoices = await world.invoices();
    expect(invoices.map(({ number, customerId }) => `${number} ${customerId}`)).toEqual([
      'SE2026-000001 cus_1',
      'SE2026-000002 cus_2',
      'SE2026-000003 cus_3',
    ]);
    expect(invoices[0]).toMatchObject({ total: '125.00', billRunId: run.id, closed: [{ device: 'dev-cus_1', n: 2, hash: 'ab' }], buyer: { name: 'Anna Andersson' } });
    expect(await world.bill()).toMatchObject({ invoices: 0, total: '0' });
  });

  it('answers the same cause with the same run', async () => {
    world.holds(world.customer('cus_1'), 'dev', '100');
    const order = { cause: world.cause(), customerIds: ['cus_1', 'cus_1'] };
    const [first, again] = [await world.bill(order), await world.bill(order)];
    expect(again.id).toBe(first.id);
    expect(first).toMatchObject({ customers: 1, customersDone: 1, invoices: 1 });
    expect(await world.invoices()).toHaveLength(1);
  });

  it('goes on behind the last customer after a crash, and issues nothing twice', async () => {
    for (const id of ['cus_1', 'cus_2', 'cus_3']) world.holds(world.customer(id), `dev-${id}`, '100');
    world.neighbours.before = (asked) => {
      if (asked === 'close cus_2') throw new Problem('unavailable', 'rating is away');
    };
    const { id } = await world.ask(svc.startBillRun, { tenantId, cause: world.cause(), billingEntityId: entityId });
    await eventually(async () => ((await world.invoices()).length === 1 ? true : undefined));
    world.neighbours.before = () => undefined;
    await world.restart();
    const run = await eventually(async () => {
      const found = await world.ask(svc.getBillRun, { tenantId, id });
      return found.status === 'done' ? found : undefined;
    });
    expect(run).toMatchObject({ customersDone: 3, invoices: 3, total: '375' });
    expect((await world.invoices()).map(({ number }) => number)).toEqual(['SE2026-000001', 'SE2026-000002', 'SE2026-000003']);
  });

  it('closes nothing more for an invoice that a crash left without its place in the run', async () => {
    world.holds(world.customer('cus_1'), 'dev-1', '100');
    const small = { customer: 'cus_1', device: 'dev-2', amount: '50', held: true };
    world.neighbours.accounts.push(small);
    // The run's own entry for the customer cannot be written: the invoice stands, the run does not know it.
    const { chains } = world.ports;
    const append = chains.append.bind(chains);
    chains.append = (requests) =>
      requests.some(({ entry }) => entry.kind === 'customer_done') ? Promise.reject(new Error('the machine stops here')) : append(requests);
    const { id } = await world.ask(svc.startBillRun, { tenantId, cause: world.cause(), billingEntityId: entityId });
    await eventually(async () => ((await world.invoices()).length === 1 ? true : undefined));
    small.held = false;
    await world.restart();
    const run = await eventually(async () => {
      const found = await world.ask(svc.getBillRun, { tenantId, id });
      return found.status === 'done' ? found : undefined;
    });
    expect(run).toMatchObject({ invoices: 1, total: '125' });
    expect(await world.bill()).toMatchObject({ invoices: 1, net: '50' });
    expect((await world.invoices()).map(({ net }) => net)).toEqual(['100.00', '50.00']);
  });

  it('keeps what it closed for a customer that cannot be invoiced, and invoices it once that is mended', async () => {
    world.holds(world.customer('cus_1'), 'dev-1', '100');
    world.holds(world.customer('cus_2'), 'dev-2', '100');
    const { entity } = world.neighbours;
    world.neighbours.entity = { ...entity, address: { country: 'ZZ' } };
    const failed = await world.bill({ customerIds: ['cus_1'] });
    expect(failed).toMatchObject({ invoices: 0, failures: [{ customerId: 'cus_1' }] });
    expect(world.neighbours.accounts[0]?.closedBy).toBeDefined();
    expect(await world.bill({ customerIds: ['cus_1'] })).toMatchObject({ invoices: 0, failures: [{ customerId: 'cus_1' }] });
    world.neighbours.entity = entity;
    world.holds('cus_1', 'dev-3', '10');
    const run = await world.bill();
    expect(run).toMatchObject({ customers: 2, invoices: 2, net: '210', failures: [] });
    expect(await world.bill()).toMatchObject({ invoices: 0 });
    expect(await world.invoices()).toHaveLength(2);
  });

  it('shares nothing between two runs at once', async () => {
    for (const id of ['cus_1', 'cus_2']) world.holds(world.customer(id), `dev-${id}`, '100');
    world.neighbours.contracts.set('cus_1', [{ ...monthly, recurringFees: [serviceFee] }]);
    const runs = await Promise.all([world.bill(), world.bill()]);
    expect(runs.reduce((sum, { invoices }) => sum + invoices, 0)).toBe((await world.invoices()).length);
    const net = (await world.invoices()).reduce((sum, invoice) => sum + Number(invoice.net), 0);
    expect(net).toBe(262);
  });

  it('lists customers of another entity, unknown ones and contracts in another currency with what is wrong', async () => {
    world.holds(world.customer('cus_1'), 'dev-1', '100');
    world.neighbours.contracts.set('cus_1', [{ ...monthly, currency: 'EUR' }]);
    const run = await world.bill({ customerIds: ['cus_1', 'cus_x'] });
    expect(run.failures.map(({ customerId, detail }) => `${customerId}: ${detail}`)).toEqual([
      expect.stringContaining('cus_1: Customer cus_1 has charges in EUR, but its billing entity ent_se invoices in SEK'),
      'cus_x: There is no customer cus_x.',
    ]);
    expect(world.neighbours.accounts[0]?.closedBy).toBeUndefined();
    await expect(world.ask(svc.startBillRun, { tenantId, cause: world.cause(), billingEntityId: 'ent_other' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('does nothing when nobody is there', async () => {
    expect(await world.bill()).toMatchObject({ status: 'done', customers: 0, invoices: 0, total: '0' });
  });

  it('is of one tenant alone', async () => {
    world.holds(world.customer('cus_1'), 'dev-1', '100');
    const run = await world.bill();
    const [invoice] = await world.invoices();
    const foreign = { tenantId: 'ten_b', id: run.id };
    await expect(world.ask(svc.getBillRun, foreign)).rejects.toMatchObject({ code: 'not_found' });
    const hidden = { tenantId: 'ten_b', id: invoice?.id ?? '' };
    await expect(world.ask(svc.getInvoice, hidden)).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.ask(svc.renderInvoice, hidden)).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.ask(svc.createCreditNote, { tenantId: 'ten_b', cause: 'c', invoiceId: invoice?.id ?? '' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.invoices('ten_b')).toEqual([]);
  });
});

describe('a preview', () => {
  it('shows what would be issued and writes nothing', async () => {
    world.holds(world.customer('cus_1'), 'dev-1', '100');
    world.neighbours.contracts.set('cus_1', [{ ...monthly, recurringFees: [serviceFee] }]);
    const preview = await world.ask(svc.previewBillRun, { tenantId, cause: world.cause(), billingEntityId: entityId });
    expect(preview).toMatchObject({ status: 'preview', invoices: 1, net: '162', total: '202.5', preview: [{ customerId: 'cus_1', number: '', id: '' }] });
    expect(world.neighbours.accounts[0]?.closedBy).toBeUndefined();
    for (const kind of ['series/', 'bill-run/', 'recurring/', 'due/']) expect(await world.ports.chains.chains(kind, '', 10)).toEqual([]);
    expect(await world.bill()).toMatchObject({ net: '162' });
  });
});

describe('fees of a contract', () => {
  it('are charged once for every period that ended', async () => {
    world.customer('cus_1');
    world.neighbours.contracts.set('cus_1', [{ ...monthly, recurringFees: [serviceFee] }]);
    expect(await world.bill()).toMatchObject({ invoices: 1, net: '62' });
    expect(await world.bill()).toMatchObject({ invoices: 0 });
    world.now = Date.parse('2026-04-01T00:00:00Z');
    expect(await world.bill()).toMatchObject({ invoices: 1, net: '31' });
    expect((await world.invoices()).flatMap(({ lines }) => lines.map(({ periodStart }) => periodStart))).toEqual([
      '2025-12-31T23:00:00.000Z',
      '2026-01-31T23:00:00.000Z',
      '2026-02-28T23:00:00.000Z',
    ]);
  });

  it('begin and end with the contract, by the day, wherever it is kept', async () => {
    for (const [id, timeZone] of [['cus_1', 'America/New_York'], ['cus_2', 'Europe/Stockholm'], ['cus_3', 'Asia/Tokyo']] as const) {
      world.customer(id);
      const contract = { ...monthly, id: `ctr_${id}`, timeZone, startDate: '2026-01-01', endDate: '2026-02-14' };
      world.neighbours.contracts.set(id, [{ ...contract, recurringFees: [{ ...serviceFee, amount: '28.00' }] }]);
    }
    world.now = Date.parse('2026-06-01T12:00:00Z');
    await world.bill();
    const invoices = await world.invoices();
    expect(invoices.map(({ lines }) => lines.map(({ net, quantity }) => `${quantity} ${net}`))).toEqual([
      ['1 28.00', '0.5 14.00'],
      ['1 28.00', '0.5 14.00'],
      ['1 28.00', '0.5 14.00'],
    ]);
  });
});
