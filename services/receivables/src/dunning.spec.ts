import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReceivablesWorld, svc, tenantId } from './receivables-world.fixture.js';

let world: ReceivablesWorld;
beforeEach(async () => {
  world = await ReceivablesWorld.open();
});
afterEach(async () => {
  expect(Object.values(await world.trialBalance()).every((sum) => sum === 0)).toBe(true);
  await world.close();
});

const lines = [{ number: 1, device: 'dev-1' }, { number: 2, device: 'dev-2' }, { number: 3, device: 'dev-1' }];
const invoice = { id: 'inv_1', number: 'SE2026-000001', reference: '20260000011', dueDate: '2026-04-01', lines };
const policy = {
  billingEntityId: 'ent_se',
  minimum: '10',
  steps: [{ daysAfterDue: 5, action: 'reminder', fee: '60' }, { daysAfterDue: 15, action: 'block' }],
};

const setPolicy = () => world.ask(svc.putDunningPolicy, { tenantId, cause: world.cause(), policy });

describe('dunning', () => {
  it('takes each step on its day, once, and charges its fee', async () => {
    await setPolicy();
    await world.issue(invoice);
    expect(await world.dayComes('2026-04-05')).toEqual({});
    expect(await world.dayComes('2026-04-06')).toEqual({ reminders_sent: 1 });
    expect(await world.dayComes('2026-04-06')).toEqual({});
    expect(await world.account()).toMatchObject({ balance: '185', overdue: '185', openItems: [{ step: 1, open: '185' }], blocked: false });
    expect(await world.dayComes('2026-04-15')).toEqual({});
    expect(await world.dayComes('2026-04-16')).toEqual({ invoices_blocked_for: 1 });
    expect(await world.dayComes('2026-05-16')).toEqual({});
    expect(await world.told()).toEqual(['dunningStepTaken', 'dunningStepTaken', 'deviceBlockRequested:dev-1', 'deviceBlockRequested:dev-2']);
  });

  it('blocks nobody on the day of a first reminder that came late', async () => {
    await world.issue(invoice);
    await setPolicy();
    expect(await world.dayComes('2026-06-01')).toEqual({ reminders_sent: 1 });
    expect(await world.dayComes('2026-06-01')).toEqual({});
    expect(await world.dayComes('2026-06-10')).toEqual({});
    expect(await world.dayComes('2026-06-11')).toEqual({ invoices_blocked_for: 1 });
  });

  it('opens the devices again when the invoice is paid to the last penny', async () => {
    await setPolicy();
    await world.issue(invoice);
    await world.dayComes('2026-04-06');
    await world.dayComes('2026-04-16');
    await world.pay({ amount: '184.99', reference: invoice.reference });
    expect(await world.account()).toMatchObject({ blocked: true });
    await world.pay({ amount: '0.01', reference: invoice.reference });
    expect(await world.account()).toMatchObject({ blocked: false, balance: '0' });
    expect((await world.told()).slice(-3)).toEqual(['paymentReceived', 'deviceUnblockRequested:dev-1', 'deviceUnblockRequested:dev-2']);
  });

  it('never blocks for an invoice whose payment was first, and never after its payment', async () => {
    await setPolicy();
    await world.issue(invoice);
    await world.dayComes('2026-04-06');
    const [paid] = await Promise.all([world.pay({ amount: '185', reference: invoice.reference }), world.dayComes('2026-04-16')]);
    expect(paid.status).toBe('matched');
    expect(await world.account()).toMatchObject({ blocked: false, openItems: [] });
    const blocks = (await world.told()).filter((name) => name.endsWith(':dev-1'));
    expect(['', 'deviceBlockRequested:dev-1 deviceUnblockRequested:dev-1']).toContain(blocks.join(' '));
  });

  it('does not block late, when what should have told of the block runs after the payment', async () => {
    await setPolicy();
    await world.issue(invoice);
    await world.dayComes('2026-04-06');
    const { bus } = world.ports;
    const publish = bus.publish.bind(bus);
    bus.publish = () => Promise.reject(new Error('the bus is away'));
    await world.dayComes('2026-04-16');
    bus.publish = publish;
    await world.pay({ amount: '185', reference: invoice.reference });
    await world.restart();
    expect((await world.told()).filter((name) => name.startsWith('deviceBlock'))).toEqual([]);
  });

  it('leaves small amounts alone, and uses a mild policy where none is set', async () => {
    await setPolicy();
    await world.issue({ ...invoice, net: '5.00', tax: '0', total: '5.00' });
    expect(await world.dayComes('2026-06-01')).toEqual({});
    expect(await world.ask(svc.getDunningPolicy, { tenantId, id: 'ent_se' })).toMatchObject({ version: 1, minimum: '10' });
    await expect(world.ask(svc.getDunningPolicy, { tenantId: 'ten_b', id: 'ent_se' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a reminder', () => {
  const letter = (tenant = tenantId) => world.ask(svc.renderReminder, { tenantId: tenant, id: 'inv_1' });

  it('is a letter about an overdue invoice, in any step', async () => {
    await setPolicy();
    await world.issue(invoice);
    for (const day of ['2026-04-02', '2026-04-06', '2026-04-16']) {
      await world.dayComes(day);
      const { fileName, contentType, content } = await letter();
      expect([fileName, contentType, Buffer.from(content.subarray(0, 5)).toString()]).toEqual(['reminder-SE2026-000001.pdf', 'application/pdf', '%PDF-']);
    }
  });

  it('is refused before the invoice is overdue, after it is paid, and for strangers', async () => {
    await world.issue(invoice);
    world.now = Date.parse('2026-04-01T12:00:00Z');
    await expect(letter()).rejects.toMatchObject({ code: 'conflict', detail: 'Invoice SE2026-000001 is due on 2026-04-01 and not overdue yet.' });
    await world.pay({ amount: '125', reference: invoice.reference });
    await expect(letter()).rejects.toMatchObject({ code: 'conflict', detail: 'Nothing of SE2026-000001 is open; there is nothing to remind of.' });
    await expect(letter('ten_b')).rejects.toMatchObject({ code: 'not_found' });
  });
});
