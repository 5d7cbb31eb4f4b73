import type { ApiClient } from '@tollkeeper/api-client';
import { CommandFailed, WrongUsage } from '../outcome.js';
import { isIdOf, type ItemOf } from './items.js';

/** What the person called a thing → its id. Ids are taken as they are; the platform says whether they exist. */

/** By id, the tenant's own number, or the exact name. @throws CommandFailed when there is none, or more than one */
export async function findCustomer(client: ApiClient, called: string): Promise<string> {
  if (isIdOf(called, 'cus')) return called;
  const query = { reference: called, limit: 2 };
  // What cannot be a reference is not asked for: the address would refuse it.
  const byReference = /^[\w.~:*+@=|-]{1,64}$/.test(called) ? await firstOf(client.list<ItemOf<'customer'>>('/v1/customers', query), 2) : [];
  if (byReference.length === 1 && byReference[0]) return byReference[0].id;
  return byName(client.list<ItemOf<'customer'>>('/v1/customers'), called, 'customer', 'tollkeeper customer list');
}

/** By id or name; without either, the only one there is. */
export async function findPartner(client: ApiClient, called: string | undefined): Promise<string> {
  if (called !== undefined && isIdOf(called, 'par')) return called;
  if (called !== undefined) return byName(client.list<ItemOf<'partner'>>('/v1/partners'), called, 'partner', 'tollkeeper partner list');
  return onlyOne(await firstOf(client.list<ItemOf<'partner'>>('/v1/partners'), 20), 'partner', 'Name one by its id or name.');
}

/** By id, series or name; without any, the only one there is. */
export async function findBillingEntity(client: ApiClient, called: string | undefined): Promise<string> {
  if (called !== undefined && isIdOf(called, 'ent')) return called;
  const all = await firstOf(client.list<ItemOf<'entity'>>('/v1/billing-entities'), 1000);
  if (called === undefined) return onlyOne(all, 'billing entity', 'Name one by --entity: its id, series or name.');
  const same = all.filter(({ name = '', series = '' }) => isSame(name, called) || isSame(series, called));
  return single(
    same,
    called,
    'billing entity',
    `There are: ${all.map(({ name = '', series = '' }) => `${series} (${name})`).join(', ') || 'none'}.`,
  );
}

/** By id or number. */
export async function findInvoice(client: ApiClient, called: string): Promise<string> {
  if (isIdOf(called, 'inv') || isIdOf(called, 'crn')) return called;
  const same = await firstOf(client.list<ItemOf<'invoice'>>('/v1/invoices', { number: called, limit: 2 }), 2);
  return single(same, called, 'invoice or credit note', 'See `tollkeeper invoice list` for the numbers.');
}

async function byName(
  items: AsyncIterable<{ readonly id: string; readonly name?: string }>,
  called: string,
  what: string,
  see: string,
): Promise<string> {
  const same: { readonly id: string }[] = [];
  for await (const item of items) if (isSame(item.name ?? '', called)) same.push(item);
  return single(same, called, what, `See \`${see}\`.`);
}

function single(items: readonly { readonly id: string }[], called: string, what: string, mend: string): string {
  const [first, second] = items;
  if (first && !second) return first.id;
  if (!first) throw new CommandFailed(`There is no ${what} “${called}”.`, mend);
  throw new CommandFailed(
    `More than one ${what} is called “${called}”.`,
    `Name it by its id: ${items
      .slice(0, 5)
      .map(({ id }) => id)
      .join(', ')}.`,
  );
}

function onlyOne(items: readonly { readonly id: string; readonly name?: string }[], what: string, mend: string): string {
  const [first, second] = items;
  if (first && !second) return first.id;
  if (!first) throw new CommandFailed(`There is no ${what} yet.`);
  throw new WrongUsage(
    `There are several: which ${what}?`,
    `${mend} There are: ${items.map(({ id, name }) => `${name ?? ''} (${id})`).join(', ')}.`,
  );
}

function isSame(a: string, b: string): boolean {
  return a.localeCompare(b, undefined, { sensitivity: 'accent' }) === 0;
}

async function firstOf<T>(items: AsyncIterable<T>, most: number): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
    if (found.length >= most) break;
  }
  return found;
}
