import type { Wire } from '@tollkeeper/api-client';
import type { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { findCustomer } from '../lookup/find-by-name.js';
import type { Column } from '../terminal/table.js';
import { amount, count, period, plural, quantity, time } from '../terminal/wording.js';
import { examples, limitOption } from './options.js';

type Device = Wire<tenantV1.Device>;
type Account = Wire<ratingV1.DeviceAccount>;
type MeterUsage = Account['usage'][number];
type Entry = Wire<ratingV1.AccountEntry>;
type Entitlement = Wire<ratingV1.Entitlement>;

interface AccountOptions {
  readonly entries?: boolean;
  readonly limit?: number;
}

export function deviceCommands(program: Command, cli: Cli): void {
  const group = program.command('device').description('devices and their accounts');
  group
    .command('list')
    .description('the devices of the tenant')
    .option('--customer <customer>', 'of one customer: id, reference or name')
    .addOption(limitOption())
    .addHelpText('after', examples('device list', 'device list --customer 10042'))
    .action((options: { readonly customer?: string; readonly limit?: number }) => list(cli, options));
  group
    .command('account')
    .description('what a device used and owes since its account was closed last')
    .argument('<reference>', 'reference of the device')
    .option('--entries', 'the entries of its chain instead, each with its hash')
    .addOption(limitOption())
    .addHelpText('after', examples('device account "SE*NGR*E1004"', 'device account "SE*NGR*E1004" --entries'))
    .action((reference: string, options: AccountOptions) => account(cli, reference, options));
  group
    .command('entitlement')
    .description('whether a device may be used now')
    .argument('<reference>', 'reference of the device')
    .addHelpText('after', examples('device entitlement "SE*NGR*E1004"'))
    .action((reference: string) => entitlement(cli, reference));
}

async function list(cli: Cli, { customer, limit }: { readonly customer?: string; readonly limit?: number }): Promise<void> {
  const client = await cli.client();
  const query = { customer_id: customer === undefined ? undefined : await findCustomer(client, customer) };
  await cli.output.list(client.list<Device>('/v1/devices', query), { columns: deviceColumns, empty: 'No devices yet.', limit });
}

const deviceColumns: readonly Column<Device>[] = [
  { head: 'REFERENCE', cell: ({ reference = '' }) => reference },
  { head: 'NAME', cell: ({ name = '' }) => name, cut: true },
  { head: 'KIND', cell: ({ kind = '' }) => kind },
  { head: 'DEPARTMENT', cell: ({ department = '' }) => department },
  { head: 'CUSTOMER', cell: ({ customer_id: id = '' }) => id },
  { head: 'CONTRACT', cell: ({ contract_id: id = '' }) => id },
];

const pathOf = (reference: string): string => `/v1/devices/${encodeURIComponent(reference)}`;

async function account(cli: Cli, reference: string, { entries, limit }: AccountOptions): Promise<void> {
  const client = await cli.client();
  if (entries) {
    return cli.output.list(client.list<Entry>(`${pathOf(reference)}/account/entries`), {
      columns: entryColumns,
      empty: 'No entries yet.',
      limit,
    });
  }
  await cli.output.show(await client.get<Account>(`${pathOf(reference)}/account`), (found) => showAccount(cli, found));
}

async function showAccount({ output }: Cli, found: Account): Promise<void> {
  const { currency, hold } = found;
  await output.facts([
    ['device', found.device],
    ['status', found.status],
    ['customer', found.customer_id],
    ['department', found.department],
    ['balance', amount(found.balance, currency)],
    ['closes from', amount(hold?.threshold, currency)],
    ['keeps below', amount(hold?.minimum, currency)],
    ['closes at the latest', time(hold?.closes_at)],
    ['held since', time(found.held_since)],
    ['last closed', time(found.last_closed_at)],
    ['chain', `${plural(found.entries, 'entry', 'entries')}, ${plural(found.pages, 'page')} of usage`],
    ['head', found.head_hash],
  ]);
  await output.line();
  if (found.usage.length === 0) return output.line('No usage in the open periods.');
  await output.table(usageColumns(currency), found.usage);
}

const usageColumns = (currency: string | undefined): readonly Column<MeterUsage>[] => [
  { head: 'METER', cell: ({ meter = '' }) => meter },
  { head: 'PERIOD', cell: ({ period_start, period_end }) => period(period_start, period_end) },
  { head: 'EVENTS', cell: ({ events }) => count(events), right: true },
  { head: 'QUANTITY', cell: (usage) => quantity(usage.quantity, usage.unit), right: true },
  { head: 'AMOUNT', cell: (usage) => amount(usage.amount, currency), right: true },
];

const entryColumns: readonly Column<Entry>[] = [
  { head: '#', cell: ({ n }) => String(n), right: true },
  { head: 'BOOKED', cell: ({ booked_at: at }) => time(at) },
  { head: 'KIND', cell: ({ kind = '' }) => kind },
  { head: 'EVENTS', cell: ({ events }) => (events === 0 ? '' : count(events)), right: true },
  { head: 'CHARGES', cell: ({ charges }) => charges.map((charge) => amount(charge.amount, charge.currency)).join(', '), cut: true },
  { head: 'HASH', cell: ({ hash = '' }) => hash.slice(0, 16) },
  { head: 'CAUSE', cell: ({ cause = '' }) => cause, cut: true },
];

async function entitlement(cli: Cli, reference: string): Promise<void> {
  const client = await cli.client();
  await cli.output.show(
    await client.get<Entitlement>(`${pathOf(reference)}/entitlement`),
    async ({ device = reference, entitled, reason, since }) => {
      const from = since === undefined ? '' : ` since ${time(since)}`;
      await cli.output.line(`${device} ${entitled ? 'may be used' : 'is blocked'}${from}${reason === undefined ? '' : `: ${reason}`}.`);
    },
  );
}
