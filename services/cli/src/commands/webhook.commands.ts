import type { Wire } from '@tollkeeper/api-client';
import type { tenantV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import type { Column } from '../terminal/table.js';
import { count, time } from '../terminal/wording.js';
import { examples, gathered, limitOption } from './options.js';

type Endpoint = Wire<tenantV1.WebhookEndpoint>;
type Delivery = Wire<tenantV1.WebhookDelivery>;

export function webhookCommands(program: Command, cli: Cli): void {
  const group = program.command('webhook').description('signed notifications of what happened');
  group
    .command('list')
    .description('the endpoints')
    .addOption(limitOption())
    .addHelpText('after', examples('webhook list'))
    .action(({ limit }: { readonly limit?: number }) => list(cli, limit));
  group
    .command('add')
    .description('deliver to an address; its secret is shown once')
    .argument('<url>', 'http or https address')
    .option('--event <name>', 'only these, such as invoice.issued; may stand several times; default: all', gathered)
    .addHelpText('after', examples('webhook add https://hooks.example.com/tollkeeper --event invoice.issued --event device.blocked'))
    .action((url: string, { event }: { readonly event?: readonly string[] }) => add(cli, url, event));
  group
    .command('deliveries')
    .description('what was delivered, and what was not, newest first')
    .option('--endpoint <id>', 'of one endpoint')
    .addOption(limitOption())
    .addHelpText('after', examples('webhook deliveries'))
    .action((options: { readonly endpoint?: string; readonly limit?: number }) => deliveries(cli, options));
}

async function list(cli: Cli, limit: number | undefined): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<Endpoint>('/v1/webhooks'), { columns: endpointColumns, empty: 'No webhooks yet.', limit });
}

const endpointColumns: readonly Column<Endpoint>[] = [
  { head: 'ADDRESS', cell: ({ url = '' }) => url, cut: true },
  { head: 'EVENTS', cell: ({ events }) => (events.length === 0 ? 'all' : events.join(', ')), cut: true },
  { head: 'STATUS', cell: ({ disabled, disabled_reason: why = '' }) => (disabled ? `disabled: ${why}` : 'active'), cut: true },
  { head: 'ID', cell: ({ id }) => id },
];

async function add(cli: Cli, url: string, events: readonly string[] | undefined): Promise<void> {
  const client = await cli.client();
  const made = await client.post<Endpoint>('/v1/webhooks', { url, events });
  await cli.output.show(made, async ({ id, secret = '' }) => {
    await cli.output.line(`Webhook ${id} delivers to ${url}.`);
    await cli.output.line(`Secret: ${secret}`);
    await cli.output.line('Keep it: it is not shown again. Signatures are made as Standard Webhooks say.');
  });
}

async function deliveries(cli: Cli, { endpoint, limit }: { readonly endpoint?: string; readonly limit?: number }): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<Delivery>('/v1/webhook-deliveries', { endpoint_id: endpoint }), {
    columns: deliveryColumns,
    empty: 'No deliveries yet.',
    limit,
  });
}

const deliveryColumns: readonly Column<Delivery>[] = [
  { head: 'AT', cell: ({ created_at: at }) => time(at) },
  { head: 'EVENT', cell: ({ event = '' }) => event },
  { head: 'STATUS', cell: ({ status = '' }) => status },
  { head: 'ATTEMPTS', cell: ({ attempts }) => count(attempts), right: true },
  { head: 'HTTP', cell: ({ last_status_code: code }) => (code === 0 ? '' : String(code)), right: true },
  { head: 'NEXT', cell: ({ next_attempt_at: at }) => time(at) },
  { head: 'ERROR', cell: ({ last_error: error = '' }) => error, cut: true },
  { head: 'ID', cell: ({ id }) => id },
];
