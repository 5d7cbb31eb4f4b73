import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { invoicingV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { publishFacts } from '@tollkeeper/nest-kit';
import { chargeLine, eventually, InvoicingWorld, svc, tenantId } from './invoicing-world.fixture.js';

let world: InvoicingWorld;
beforeEach(async () => {
  world = await InvoicingWorld.open();
});
afterEach(() => world.close());

/** An invoice over 100.00 and 60.00 with 25 % tax. */
async function issued(): Promise<invoicingV1.Invoice> {
  world.customer('cus_1');
  world.holds('cus_1', 'dev-1', '100', { partner: 'prt_1' });
  world.holds('cus_1', 'dev-2', '60');
  await world.bill();
  const [invoice] = await world.invoices();
  if (!invoice) throw new Error('nothing was issued');
  return invoice;
}

function credit(invoice: invoicingV1.Invoice, lines: readonly { number: number; net?: string }[] = [], cause = world.cause()) {
  return world.ask(svc.createCreditNote, { tenantId, cause, invoiceId: invoice.id, reason: 'Charged twice', lines: [...lines] });
}

describe('credit notes', () => {
  it('take back a line, then the rest, and never more; they stand in the same series', async () => {
    const invoice = await issued();
    const part = await credit(invoice, [{ number: 1, net: '30.00' }]);
    expect(part).toMatchObject({ number: 'SE2026-000002', kind: 'credit_note', total: '-37.50', correctsNumber: invoice.number, lines: [{ corrects: 1, net: '-30.00' }] });
    await expect(credit(invoice, [{ number: 1, net: '70.01' }])).rejects.toMatchObject({ code: 'unprocessable' });
    await credit(invoice, [{ number: 1, net: '1.00' }]);
    const rest = await credit(invoice);
    expect(rest).toMatchObject({ number: 'SE2026-000004', total: '-161.25' });
    await expect(credit(invoice)).rejects.toMatchObject({ code: 'unprocessable' });
    await expect(credit(rest)).rejects.toMatchObject({ code: 'unprocessable' });
    expect((await world.invoices()).reduce((sum, { total }) => sum + Number(total), 0)).toBe(0);
  });

  it('are one for one cause, and together never above the invoice when asked for at once', async () => {
    const invoice = await issued();
    const same = await Promise.all([1, 2, 3].map(() => credit(invoice, [{ number: 1, net: '60.00' }], 'req_same')));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    const racing = await Promise.allSettled([1, 2, 3].map(() => credit(invoice, [{ number: 1, net: '40.00' }])));
    expect(racing.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect((await world.invoices()).map(({ number }) => number)).toEqual(['SE2026-000001', 'SE2026-000002', 'SE2026-000003']);
  });

  it('get their number after a crash between what was decided and what was numbered, also when nobody asks again', async () => {
    const invoice = await issued();
    const { chains } = world.ports;
    const append = chains.append.bind(chains);
    chains.append = (requests) =>
      requests.some(({ entry }) => entry.kind === 'credit_note_issued') ? Promise.reject(new Error('the machine stops here')) : append(requests);
    await expect(credit(invoice)).rejects.toBeInstanceOf(Problem);
    await world.restart();
    const documents = await world.invoices();
    expect(documents.map(({ number, total }) => `${number} ${total}`)).toEqual(['SE2026-000001 200.00', 'SE2026-000002 -200.00']);
    await eventually(() => world.facts.find(({ what }) => what.case === 'creditNoteIssued'));
  });

  it('are issued by the entity of the invoice, wherever the customer belongs by now', async () => {
    const invoice = await issued();
    world.neighbours.customers.delete('cus_1');
    expect(await credit(invoice)).toMatchObject({ number: 'SE2026-000002', billingEntityId: 'ent_se', buyer: { name: 'Anna Andersson' } });
  });
});

describe('what is told and kept', () => {
  it('tells each document once, with partners and without the buyer', async () => {
    const invoice = await issued();
    await credit(invoice);
    const facts = await eventually(() => (world.facts.length === 2 ? world.facts : undefined));
    expect(facts.map(({ what }) => what.case)).toEqual(['invoiceIssued', 'creditNoteIssued']);
    expect(facts[0]?.what.value).toMatchObject({ id: invoice.id, lines: [{ partnerId: 'prt_1' }, { partnerId: '' }] });
    for (const { what } of facts) expect(JSON.stringify(what.value)).not.toMatch(/Anna|Lillgatan/);
  });

  it('has no personal data in any chain, and prints an invoice whose buyer was erased', async () => {
    const invoice = await issued();
    const note = await credit(invoice);
    for (const kind of ['series/', 'credit/', 'bill-run/', 'due/', 'recurring/', 'unbilled/']) {
      for (const chain of await world.ports.chains.chains(kind, '', 100)) {
        for (const { body, state } of await world.ports.chains.read(chain, 1, 100, 100)) {
          for (const bytes of [body, state]) expect(Buffer.from(bytes).toString()).not.toMatch(/Anna|anna@|Lillgatan|Lund/);
        }
      }
    }
    const printed = await world.ask(svc.renderInvoice, { tenantId, id: invoice.id });
    expect(printed).toMatchObject({ fileName: 'SE2026-000001.pdf', contentType: 'application/pdf' });
    await world.core.views.buyers.remove([invoice.id, note.id]);
    expect((await world.ask(svc.getInvoice, { tenantId, id: invoice.id })).buyer).toBeUndefined();
    const erased = await world.ask(svc.renderInvoice, { tenantId, id: invoice.id });
    expect(Buffer.from(erased.content.subarray(0, 5)).toString()).toBe('%PDF-');
  });

  it('proves every chain', async () => {
    const invoice = await issued();
    await credit(invoice);
    const proof = await world.ask(svc.verifyChains, { tenantId, limit: 100 });
    expect(proof).toMatchObject({ faults: [], chains: 3 });
  });
});

describe('accounts that close by themselves', () => {
  let closed = 1;
  /** Tells that a device's account closed; the same `n` is the same closing. */
  async function accountClosed(device: string, amount: string, reason: string, n = ++closed, currency = 'SEK'): Promise<void> {
    const lines = [chargeLine({ device, amount })];
    const value = { device, customerId: 'cus_1', currency, amount, reason, lines, closedAt: '2026-03-02T09:00:00.000Z' };
    const hash = new Uint8Array(32).fill(n);
    const entry = { chain: `device/${tenantId}/${device}`, n, prev: hash, hash, bookedAt: world.now, cause: `c${n}`, kind: 'closed', body: hash, state: hash };
    await publishFacts(world.ports.bus, tenantId, entry, [{ case: 'accountClosed', value }]);
  }

  it('are invoiced at once when they reached their threshold, once for however often it is told', async () => {
    world.customer('cus_1');
    await accountClosed('dev-1', '500', 'threshold', 7);
    await accountClosed('dev-1', '500', 'threshold', 7);
    await eventually(async () => ((await world.invoices()).length === 1 ? true : undefined));
    await world.ask(svc.runDue, { tenantId, now: '2026-03-03T00:00:00.000Z' });
    expect(await world.invoices()).toMatchObject([{ number: 'SE2026-000001', net: '500.00', issueDate: '2026-03-02', closed: [{ device: 'dev-1', n: 7 }] }]);
  });

  it('wait for one invoice over all that held a charge for the longest time', async () => {
    world.customer('cus_1');
    for (const device of ['dev-1', 'dev-2', 'dev-3']) await accountClosed(device, '0.50', 'longest_time');
    const due = () => world.ask(svc.runDue, { tenantId, now: '2026-03-03T00:00:00.000Z' });
    expect((await due()).done).toEqual({ invoices_issued: 1 });
    expect((await due()).done).toEqual({});
    expect(await world.invoices()).toMatchObject([{ net: '1.50', lines: [{ device: 'dev-1' }, { device: 'dev-2' }, { device: 'dev-3' }] }]);
  });

  it('keep their charges while the customer cannot be invoiced', async () => {
    world.customer('cus_1');
    const { entity } = world.neighbours;
    world.neighbours.entity = { ...entity, address: { country: 'ZZ' } };
    await accountClosed('dev-1', '500', 'threshold');
    await world.ask(svc.runDue, { tenantId, now: '2026-03-03T00:00:00.000Z' });
    expect(await world.invoices()).toEqual([]);
    world.neighbours.entity = entity;
    await world.restart();
    expect(await world.invoices()).toMatchObject([{ net: '500.00' }]);
  });

  it('are never added up in another currency than theirs', async () => {
    world.customer('cus_1');
    await accountClosed('dev-1', '500', 'threshold', 9, 'EUR');
    await world.ask(svc.runDue, { tenantId, now: '2026-03-03T00:00:00.000Z' });
    expect(await world.invoices()).toEqual([]);
  });
});
