import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeOcrReference } from '@tollkeeper/invoicing';
import { entityOf, ReceivablesWorld, svc, tenantId } from './receivables-world.fixture.js';

let world: ReceivablesWorld;
beforeEach(async () => {
  world = await ReceivablesWorld.open();
});
afterEach(async () => {
  expect(Object.values(await world.trialBalance()).every((sum) => sum === 0)).toBe(true);
  expect(await world.ask(svc.verifyChains, { tenantId, limit: 100 })).toMatchObject({ faults: [] });
  await world.close();
});

const first = { id: 'inv_1', number: 'SE2026-000001', reference: '20260000011' };
const second = { id: 'inv_2', number: 'SE2026-000002', reference: makeOcrReference('202600002'), dueDate: '2026-04-10' };

describe('documents', () => {
  it('are booked once, whatever is told again', async () => {
    await world.issue(first);
    await world.issue(first);
    expect(await world.account()).toMatchObject({ balance: '125', entries: 1, openItems: [{ number: 'SE2026-000001', open: '125' }] });
  });

  it('of a credit note lower what is open; what was paid already is credit', async () => {
    await world.issue(first);
    await world.pay({ amount: '100', reference: first.reference });
    const note = { kind: 'credit_note', correctsId: 'inv_1', net: '-40.00', tax: '-10.00', total: '-50.00' };
    await world.issue({ id: 'crn_1', number: 'SE2026-000003', ...note });
    expect(await world.account()).toMatchObject({ balance: '-25', credit: '25', openItems: [] });
    await world.issue(second);
    expect(await world.account()).toMatchObject({ balance: '100', credit: '0', openItems: [{ number: 'SE2026-000002', open: '100' }] });
  });

  it('are the same when a credit note is told before its invoice', async () => {
    const note = { kind: 'credit_note', correctsId: 'inv_1', net: '-40.00', tax: '-10.00', total: '-50.00' };
    await world.announce({ id: 'crn_1', number: 'SE2026-000003', ...note });
    await world.announce(second);
    await world.issue(first);
    expect(await world.account()).toMatchObject({
      balance: '200',
      credit: '0',
      openItems: [{ number: 'SE2026-000002', open: '125' }, { number: 'SE2026-000001', open: '75' }],
    });
  });

  it('are of one tenant alone', async () => {
    await world.issue(first);
    const payment = await world.pay({ amount: '10', reference: first.reference });
    await expect(world.ask(svc.getPayment, { tenantId: 'ten_b', id: payment.id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.ask(svc.getCustomerAccount, { tenantId: 'ten_b', customerId: 'cus_1' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.ask(svc.assignPayment, { tenantId: 'ten_b', cause: 'c', paymentId: payment.id, customerId: 'cus_1' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await world.ask(svc.listPayments, { tenantId: 'ten_b' })).items).toEqual([]);
    expect((await world.ask(svc.getTrialBalance, { tenantId: 'ten_b' })).items).toEqual([]);
    const theirs = await world.ask(svc.addPayment, { tenantId: 'ten_b', cause: 'c', payment: { amount: '10', currency: 'SEK', reference: first.reference } });
    expect(theirs.status).toBe('unmatched');
  });
});

describe('a payment', () => {
  it('finds its invoice by reference, with spaces, or in the payer’s words', async () => {
    await world.issue(first);
    expect(await world.pay({ amount: '25.00', reference: '2026 0000 011' })).toMatchObject({
      status: 'partial',
      customerId: 'cus_1',
      allocations: [{ invoiceId: 'inv_1', amount: '25' }],
    });
    expect(await world.pay({ amount: '99.99', text: 'Invoice no 20260000011, thanks', payer: 'Anna' })).toMatchObject({ status: 'partial', payer: 'Anna' });
    expect(await world.pay({ amount: '1', reference: '0020260000011' })).toMatchObject({ status: 'overpaid', unallocated: '0.99' });
    expect(await world.account()).toMatchObject({ balance: '-0.99', credit: '0.99', openItems: [] });
  });

  it('pays what it names first, then the oldest', async () => {
    await world.issue(first);
    await world.issue(second);
    const paid = await world.pay({ amount: '150', reference: second.reference });
    expect(paid.allocations).toMatchObject([{ invoiceId: 'inv_2', amount: '125' }, { invoiceId: 'inv_1', amount: '25' }]);
    expect(paid.status).toBe('partial');
  });

  it('is one for one cause, and one for one identity at the bank; other money under it is refused', async () => {
    await world.issue(first);
    const [a, b] = await Promise.all(['req_x', 'req_x'].map((cause) => world.pay({ amount: '10', reference: first.reference }, cause)));
    expect(a?.id).toBe(b?.id);
    await world.pay({ amount: '10', reference: first.reference, bankIdentity: 'T1' });
    await world.pay({ amount: '10.00', reference: first.reference, bankIdentity: 'T1' });
    await expect(world.pay({ amount: '11', reference: first.reference, bankIdentity: 'T1' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.account()).toMatchObject({ balance: '105' });
  });

  it('of an unknown payer waits in suspense until somebody assigns it, once', async () => {
    await world.issue(first);
    const payment = await world.pay({ amount: '125', reference: '4711' });
    expect(payment).toMatchObject({ status: 'unmatched', unallocated: '125', customerId: '' });
    expect((await world.ask(svc.getTrialBalance, { tenantId })).items).toContainEqual(expect.objectContaining({ account: 'suspense', balance: '-125' }));
    const assign = (customerId: string) => world.ask(svc.assignPayment, { tenantId, cause: world.cause(), paymentId: payment.id, customerId });
    const racing = await Promise.allSettled([assign('cus_1'), assign('cus_2')]);
    expect(racing.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await world.ask(svc.getPayment, { tenantId, id: payment.id })).toMatchObject({ status: 'matched', customerId: 'cus_1' });
    expect(await world.account()).toMatchObject({ balance: '0', openItems: [] });
    expect((await world.ask(svc.getTrialBalance, { tenantId })).items).toContainEqual(expect.objectContaining({ account: 'suspense', balance: '0' }));
  });

  it('in another currency never pays an invoice', async () => {
    await world.issue(first);
    expect(await world.pay({ amount: '125', currency: 'EUR', reference: first.reference })).toMatchObject({ status: 'unmatched' });
    expect(await world.account()).toMatchObject({ balance: '125' });
  });

  it('that names invoices of two customers is left to a person', async () => {
    await world.issue(first);
    await world.issue({ ...second, customerId: 'cus_2' });
    expect(await world.pay({ amount: '250', text: `${first.reference} and ${second.reference}` })).toMatchObject({ status: 'unmatched' });
    expect(await world.pay({ amount: '125', text: `${first.reference} ${second.reference}`, customerId: 'cus_2' })).toMatchObject({
      customerId: 'cus_2',
      allocations: [{ invoiceId: 'inv_2' }],
    });
  });

  it('booked before a crash shows where it went after the restart', async () => {
    await world.issue(first);
    const { views } = world.ports;
    const { chains } = world.ports;
    const append = chains.append.bind(chains);
    chains.append = (requests) => (requests.some(({ entry }) => entry.kind === 'paid') ? Promise.reject(new Error('the machine stops here')) : append(requests));
    await expect(world.pay({ amount: '125', reference: first.reference })).rejects.toMatchObject({ code: 'unavailable' });
    await views.flush();
    await world.restart();
    expect((await world.ask(svc.listPayments, { tenantId })).items).toMatchObject([{ status: 'matched', allocations: [{ invoiceId: 'inv_1', amount: '125' }] }]);
    expect(await world.account()).toMatchObject({ balance: '0', entries: 2 });
  });
});

interface Booked {
  readonly ref?: string;
  readonly amount: string;
  readonly text?: string;
  readonly reversal?: boolean;
}

function bankFile(format: '053' | '054', entries: readonly Booked[], iban = 'SE4550000000058398257466'): Uint8Array {
  const [root, part] = format === '053' ? ['BkToCstmrStmt', 'Stmt'] : ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'];
  const rows = entries.map(({ ref = '', amount, text = '', reversal = false }) => {
    const details = `<NtryDtls><TxDtls><Refs><AcctSvcrRef>${ref}</AcctSvcrRef></Refs><RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls>`;
    const sign = reversal ? '<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>' : '<CdtDbtInd>CRDT</CdtDbtInd>';
    return `<Ntry><Amt Ccy="SEK">${amount}</Amt>${sign}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>${details}</Ntry>`;
  });
  return new TextEncoder().encode(
    `<Document><${root}><${part}><Id>S1</Id><Acct><Id><IBAN>${iban}</IBAN></Id></Acct>${rows.join('')}</${part}></${root}></Document>`,
  );
}

describe('a bank’s file', () => {
  const load = (content: Uint8Array) => world.ask(svc.importPayments, { tenantId, cause: world.cause(), fileName: 'bank.xml', content });

  it('is booked once, also when the notification tells the same payments as the statement', async () => {
    await world.issue(first);
    const entries = [{ ref: 'T1', amount: '100.00', text: first.reference }, { ref: 'T2', amount: '7.00', text: 'hej' }];
    expect(await load(bankFile('054', entries))).toMatchObject({ format: 'camt.054', payments: 2, matched: 1, unmatched: 1, repeated: 0, total: '107' });
    for (const format of ['053', '053', '054'] as const) expect(await load(bankFile(format, entries))).toMatchObject({ repeated: 2, items: [] });
    expect(await world.account()).toMatchObject({ balance: '25' });
  });

  it('books other money under an identity that the bank used before', async () => {
    await world.issue(first);
    await load(bankFile('053', [{ ref: 'T1', amount: '100.00', text: first.reference }]));
    const next = bankFile('053', [{ ref: 'T1', amount: '25.00', text: first.reference }]);
    expect(await load(next)).toMatchObject({ repeated: 0, matched: 1 });
    expect(await load(next)).toMatchObject({ repeated: 1 });
    expect(await world.account()).toMatchObject({ balance: '0' });
  });

  it('lists what the bank took back, and books none of it', async () => {
    const done = await load(bankFile('053', [{ ref: 'T9', amount: '40.00', text: 'returned', reversal: true }]));
    expect(done).toMatchObject({ payments: 0, skipped: 0, reversals: [{ at: 'Stmt[1]/Ntry[1]/NtryDtls[1]/TxDtls[1]', amount: '40', currency: 'SEK', bookedOn: '2026-03-02', text: 'returned' }] });
    expect((await world.ask(svc.listPayments, { tenantId })).items).toEqual([]);
  });

  it('that is damaged changes nothing', async () => {
    await expect(load(new TextEncoder().encode('<Document><BkToCstmrStmt>'))).rejects.toMatchObject({ code: 'unprocessable' });
    expect((await world.ask(svc.listPayments, { tenantId })).items).toEqual([]);
  });

  it('pays the invoice of the entity that the money came to, when two gave out one reference', async () => {
    world.neighbours.entities.push(entityOf('ent_two', { iban: 'SE72 8000 0810 3400 0978 3242' }));
    await world.issue(first);
    await world.issue({ ...first, id: 'inv_twin', customerId: 'cus_2', billingEntityId: 'ent_two' });
    expect(await load(bankFile('053', [{ ref: 'A', amount: '1.00', text: first.reference }]))).toMatchObject({ unmatched: 1 });
    expect(await load(bankFile('053', [{ ref: 'B', amount: '125.00', text: first.reference }], 'SE7280000810340009783242'))).toMatchObject({ items: [{ customerId: 'cus_2' }] });
    expect(await world.account('cus_1')).toMatchObject({ balance: '125' });
    expect(await world.account('cus_2')).toMatchObject({ balance: '0' });
  });
});
