import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommissionsWorld, svc, tenantId } from './commissions-world.fixture.js';

let world: CommissionsWorld;
beforeEach(async () => {
  world = await CommissionsWorld.open();
});
afterEach(async () => {
  expect(await world.ask(svc.verifyChains, { tenantId, limit: 100 })).toMatchObject({ faults: [] });
  await world.close();
});

describe('shares', () => {
  it('of what is invoiced are earned at once, once for however often it is told', async () => {
    await world.agree();
    await world.invoice('2026-01-10', 'inv_1', '100.00', 'prt_1', 'told-twice');
    await world.invoice('2026-01-10', 'inv_1', '100.00', 'prt_1', 'told-twice');
    await world.invoice('2026-01-11', 'inv_2', '50.00', 'prt_2');
    await world.invoice('2026-01-12', 'inv_3', '70.00', '');
    expect(await world.account()).toMatchObject({
      account: { balance: '10', unstated: '10', entries: 1 },
      lines: [{ kind: 'earned', invoiceId: 'inv_1', invoiceNumber: 'SE-inv_1', invoiceLine: 1, device: 'dev-1', base: '100', percentage: '10', amount: '10', date: '2026-01-10' }],
    });
    expect((await world.account('prt_2')).account).toMatchObject({ balance: '0', entries: 0 });
  });

  it('of what is paid follow the payments, and reach exactly the whole', async () => {
    await world.agree({ basis: 'paid', rates: [{ meter: 'energy', percentage: '33.3' }] });
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await world.pay('2026-01-11', 'inv_1', '41.67', 'pay-1');
    await world.pay('2026-01-11', 'inv_1', '41.67', 'pay-1');
    expect((await world.account()).lines).toMatchObject([{ paymentId: 'pay_2026-01-11' }]);
    await world.pay('2026-01-12', 'inv_1', '83.33');
    expect((await world.account()).account).toMatchObject({ balance: '33.3', entries: 2 });
  });

  it('come to the same when a payment or a credit note is told before its invoice', async () => {
    await world.agree();
    await world.agree({ partnerId: 'prt_2', basis: 'paid' });
    await world.pay('2026-01-11', 'inv_2', '62.50', 'pay-1');
    await world.pay('2026-01-11', 'inv_2', '62.50', 'pay-1');
    await world.credit('2026-01-12', 'inv_1', '40.00');
    expect((await world.account()).account).toMatchObject({ balance: '0', entries: 0 });
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await world.invoice('2026-01-10', 'inv_2', '100.00', 'prt_2');
    await world.pay('2026-01-15', 'inv_2', '62.50');
    expect((await world.account()).account).toMatchObject({ balance: '6' });
    expect((await world.account('prt_2')).account).toMatchObject({ balance: '10' });
  });

  it('are taken back with a credit note', async () => {
    await world.agree();
    await world.agree({ partnerId: 'prt_2', basis: 'paid' });
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await world.invoice('2026-01-10', 'inv_2', '100.00', 'prt_2');
    await world.pay('2026-01-15', 'inv_2', '125');
    await world.credit('2026-01-20', 'inv_1', '40.00');
    await world.credit('2026-01-20', 'inv_2', '100.00');
    expect(await world.account()).toMatchObject({ account: { balance: '6' }, lines: [{ kind: 'clawed_back', amount: '-4', base: '-40' }, { kind: 'earned' }] });
    expect((await world.account('prt_2')).account).toMatchObject({ balance: '0', entries: 2 });
  });

  it('wait for each other while one cannot be booked: a payment never overtakes its invoice', async () => {
    await world.agree({ basis: 'paid' });
    const { chains } = world.ports;
    const append = chains.append.bind(chains);
    let away = true;
    chains.append = (requests) => (away && requests.some(({ entry }) => entry.kind === 'shared') ? Promise.reject(new Error('the store is away')) : append(requests));
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.pay('2026-01-11', 'inv_1', '125');
    await new Promise((resolve) => setTimeout(resolve, 50));
    away = false;
    expect((await world.account()).account).toMatchObject({ balance: '10' });
  });

  it('reach the partner’s account after a crash between the invoice’s chain and the partner’s', async () => {
    await world.agree();
    const { chains } = world.ports;
    const append = chains.append.bind(chains);
    chains.append = (requests) => (requests.some(({ entry }) => entry.kind === 'commission_booked') ? Promise.reject(new Error('the machine stops here')) : append(requests));
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await world.caughtUp();
    await world.restart();
    expect((await world.account()).account).toMatchObject({ balance: '10', entries: 1 });
  });
});

describe('statements', () => {
  it('state each ended month once, with every line; what comes late is in the next', async () => {
    await world.agree();
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await world.invoice('2026-02-03', 'inv_2', '33.33');
    expect(await world.dayComes('2026-02-05')).toEqual({ partner_statements_issued: 1 });
    expect(await world.dayComes('2026-02-05')).toEqual({});
    await world.credit('2026-01-31', 'inv_1', '100.00');
    expect(await world.dayComes('2026-03-01')).toEqual({ partner_statements_issued: 1 });
    expect(await world.statements()).toMatchObject([
      { month: '2026-01', opening: '0.00', earned: '10.00', clawedBack: '0.00', closing: '10.00', lines: [{ invoiceId: 'inv_1', amount: '10' }] },
      { month: '2026-02', opening: '10.00', earned: '3.33', clawedBack: '10.00', closing: '3.33', lines: [{ invoiceId: 'inv_2', amount: '3.333' }, { invoiceId: 'inv_1', kind: 'clawed_back', amount: '-10' }] },
    ]);
    await world.caughtUp();
    expect(world.facts.filter(({ what }) => what.case === 'statementIssued')).toHaveLength(2);
  });

  it('read no further back than their month, although something is always unstated', async () => {
    await world.agree();
    for (let month = 1; month <= 4; month++) {
      await world.invoice(`2026-0${month}-10`, `inv_${month}`, '100.00');
      await world.invoice(`2026-0${month + 1}-01`, `inv_${month}b`, '1.00');
      await world.dayComes(`2026-0${month + 1}-02`);
    }
    const pages: number[] = [];
    const { chains } = world.ports;
    const read = chains.read.bind(chains);
    chains.read = (chain, from, to, limit) => {
      pages.push(to - from + 1);
      return read(chain, from, to, limit);
    };
    expect((await world.statements()).map(({ lines }) => lines.length)).toEqual([1, 2, 2, 2]);
    expect(Math.max(...pages)).toBeLessThanOrEqual(4);
  });

  it('come as CSV and PDF, and to their tenant alone', async () => {
    await world.agree();
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    await world.dayComes('2026-02-01');
    const [statement] = await world.statements();
    const id = statement?.id ?? '';
    const csv = await world.ask(svc.renderStatement, { tenantId, id, format: 'csv' });
    expect(Buffer.from(csv.content).toString().split('\r\n')).toEqual([
      'month,date,kind,invoice,line,device,meter,base,percentage,amount,currency,payment',
      '2026-01,2026-01-10,earned,SE-inv_1,1,dev-1,energy,100,10,10,SEK,',
      '',
    ]);
    const pdf = await world.ask(svc.renderStatement, { tenantId, id, format: 'pdf' });
    expect([pdf.fileName, Buffer.from(pdf.content.subarray(0, 5)).toString()]).toEqual(['Partner-prt-1-2026-01-SEK.pdf', '%PDF-']);
    await expect(world.ask(svc.renderStatement, { tenantId, id, format: 'xls' })).rejects.toMatchObject({ code: 'not_acceptable' });
    await expect(world.ask(svc.getStatement, { tenantId: 'ten_b', id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.ask(svc.getPartnerAccount, { tenantId: 'ten_b', partnerId: 'prt_1' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await world.ask(svc.listStatements, { tenantId: 'ten_b', limit: 10 })).items).toEqual([]);
  });
});

describe('agreements', () => {
  it('have versions, belong to one partner for ever, and say what is wrong with them', async () => {
    const made = await world.agree();
    expect(await world.agree({ id: made.id, rates: [{ meter: '*', percentage: '20' }] })).toMatchObject({ id: made.id, version: 2 });
    await expect(world.agree({ id: made.id, partnerId: 'prt_2' })).rejects.toMatchObject({ code: 'unprocessable', extra: { param: 'partner_id' } });
    await expect(world.agree({ basis: 'gross' })).rejects.toMatchObject({ code: 'unprocessable', extra: { param: 'basis' } });
    await expect(world.agree({ rates: [{ meter: '*', percentage: '101' }] })).rejects.toMatchObject({ code: 'unprocessable' });
    await expect(world.agree({ partnerId: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
    await world.invoice('2026-01-10', 'inv_1', '100.00');
    expect((await world.account()).account).toMatchObject({ balance: '20' });
  });
});
