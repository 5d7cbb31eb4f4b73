import { describe, expect, it } from '@jest/globals';
import { matchPayment, referencesOf, type IncomingPayment } from '../index.js';

describe('matching a payment', () => {
  const base: IncomingPayment = {
    kind: 'payment',
    identity: 'x',
    amount: '1',
    currency: 'SEK',
    bookedOn: '2026-11-05',
    furtherReferences: [],
    at: 'line 1',
  };
  const owners = new Map([
    ['655969', { customerId: 'cus_1', invoiceId: 'inv_1' }],
    ['657866', { customerId: 'cus_1', invoiceId: 'inv_2' }],
    ['658765', { customerId: 'cus_2', invoiceId: 'inv_3' }],
    ['RF18539007547034', { customerId: 'cus_3', invoiceId: 'inv_4' }],
  ]);
  const lookup = (reference: string) => [owners.get(reference) ?? []].flat();

  it('finds the invoice by its reference, with spaces and leading zeros', () => {
    expect(matchPayment({ ...base, reference: '000 655 969' }, lookup)).toMatchObject({
      kind: 'matched',
      by: 'reference',
      customerId: 'cus_1',
    });
    expect(matchPayment({ ...base, reference: 'rf18 5390 0754 7034' }, lookup)).toMatchObject({ customerId: 'cus_3' });
  });
  it('takes several references of one customer together, and leaves those of two to a person', () => {
    const one = { ...base, furtherReferences: [{ reference: '655969' }, { reference: '657866' }] };
    expect(matchPayment(one, lookup)).toMatchObject({ owners: [{ invoiceId: 'inv_1' }, { invoiceId: 'inv_2' }] });
    const both = { ...base, furtherReferences: [{ reference: '655969' }, { reference: '658765' }] };
    expect(matchPayment(both, lookup)).toEqual({ kind: 'unmatched', reason: 'several_customers' });
  });
  it('leaves a reference that two customers were given to a person', () => {
    const twins = () => [{ customerId: 'cus_1', invoiceId: 'inv_1' }, { customerId: 'cus_2', invoiceId: 'inv_3' }];
    expect(matchPayment({ ...base, reference: '655969' }, twins)).toEqual({ kind: 'unmatched', reason: 'several_customers' });
  });
  it('looks into the message when there is no known reference', () => {
    expect(matchPayment({ ...base, reference: '4711', text: 'Faktura 657866' }, lookup)).toMatchObject({
      by: 'message',
      customerId: 'cus_1',
    });
    expect(matchPayment({ ...base, text: 'hej' }, lookup)).toMatchObject({ reason: 'no_reference' });
    expect(matchPayment({ ...base, reference: '1' }, lookup)).toMatchObject({ reason: 'unknown_reference' });
    expect(referencesOf({ ...base, reference: '0655969', text: '655969' })).toEqual({
      structured: ['655969'],
      message: ['655969'],
    });
  });
});
