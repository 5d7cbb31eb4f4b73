import { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import type { AccountLine, FeeLine } from '@tollkeeper/invoicing';
import type { BillingEntity, Brand, Customer } from '@tollkeeper/tenancy';
import { type ServiceClient, toBillingEntity, toBrand, toCustomer } from '@tollkeeper/nest-kit';
import { fromChargeLines } from '../store/invoice.mapping.js';
import type { ClosedReference } from '../store/views.js';

/** Who sells, who buys, and under which contracts. */
export interface Parties {
  readonly seller: BillingEntity;
  readonly buyer: Customer;
  readonly brand: Brand;
  readonly contracts: readonly tenantV1.Contract[];
  readonly timeZone: string;
  /** Prefix of the invoice numbers. */
  readonly series: string;
}

export async function loadParties(client: ServiceClient, tenantId: string, customerId: string): Promise<Parties> {
  const party = await client.call(tenantV1.TenantService.method.getBillingParty, { tenantId, id: customerId });
  const { customer, brand, billingEntity, contracts } = party;
  if (!customer || !brand || !billingEntity) throw new Error(`the tenant service answered an incomplete billing party for ${customerId}`);
  return {
    seller: toBillingEntity(billingEntity),
    buyer: toCustomer(customer, brand),
    brand: toBrand(brand),
    contracts,
    timeZone: billingEntity.timeZone || 'UTC',
    series: billingEntity.series,
  };
}

/** An invoice is in its seller's currency: charges of another one would be added up as if they were in it. @throws Problem */
export function assertCurrency(currency: string, { seller, buyer }: Parties): void {
  if (currency === seller.currency) return;
  throw new Problem(
    'unprocessable',
    `Customer ${buyer.id} has charges in ${currency}, but its billing entity ${seller.id} invoices in ${seller.currency}; give its brand an entity that invoices in ${currency}.`,
    { param: 'currency' },
  );
}

/** Everything that one invoice is made of. */
export interface Charges {
  readonly usage: readonly AccountLine[];
  readonly fees: readonly FeeLine[];
  readonly closed: readonly ClosedReference[];
  /** Device → partner that shares in its revenue. */
  readonly partners: Readonly<Record<string, string>>;
  /** Accounts that keep what they hold for later. */
  readonly held: number;
}

export interface CloseOrder {
  readonly tenantId: string;
  readonly cause: string;
  readonly until: string;
  readonly all: boolean;
  readonly preview: boolean;
}

/** Charges with the accounts that they come from. */
export interface ClosedCharges extends Charges {
  readonly accounts: readonly ratingV1.ClosedAccount[];
}

/** Closes the customer's device accounts (or looks what closing would give); the same cause closes once. */
export async function closeAccounts(client: ServiceClient, order: CloseOrder, parties: Parties): Promise<ClosedCharges> {
  const accounts: ratingV1.ClosedAccount[] = [];
  let held = 0;
  let cursor = '';
  do {
    const reply = await client.call(ratingV1.RatingService.method.closeAccounts, {
      tenantId: order.tenantId,
      cause: order.cause,
      customerId: parties.buyer.id,
      currency: parties.seller.currency,
      until: order.until,
      preview: order.preview,
      all: order.all,
      cursor,
    });
    accounts.push(...reply.accounts);
    held += reply.held;
    cursor = reply.nextCursor;
  } while (cursor !== '');
  return { ...fromClosedAccounts(accounts, parties.buyer), held, accounts };
}

export function fromClosedAccounts(
  accounts: readonly Pick<ratingV1.ClosedAccount, 'device' | 'n' | 'hash' | 'lines'>[],
  buyer: Customer,
): Omit<Charges, 'held'> {
  const departments = new Map(buyer.departments.map(({ id, name }) => [id, name]));
  const lines = accounts.flatMap((account) => account.lines.map((line) => (line.device ? line : { ...line, device: account.device })));
  const partners: Record<string, string> = {};
  for (const line of lines) if (line.partnerId && line.device) partners[line.device] = line.partnerId;
  return {
    ...fromChargeLines(lines, departments),
    closed: accounts.filter(({ n }) => n > 0).map(({ device, n, hash }) => ({ device, n, hash })),
    partners,
  };
}
