import type { Wire } from '@tollkeeper/api-client';
import type { tenantV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { examples } from './options.js';

type Principal = Wire<tenantV1.Principal>;

export function installationCommands(program: Command, cli: Cli): void {
  program
    .command('health')
    .description('whether the platform takes requests; needs no key')
    .addHelpText('after', examples('health'))
    .action(() => health(cli));
  program
    .command('whoami')
    .description('tenant, role and scopes of the key')
    .addHelpText('after', examples('whoami'))
    .action(() => whoAmI(cli));
}

async function health(cli: Cli): Promise<void> {
  const answer = await cli.clientWithoutKey().get<{ readonly status: string }>('/health/ready');
  await cli.output.show(answer, () => cli.output.line('The platform is ready.'));
}

async function whoAmI(cli: Cli): Promise<void> {
  const client = await cli.client();
  await cli.output.show(await client.get<Principal>('/v1/me'), (me) =>
    cli.output.facts([
      ['tenant', me.tenant_id ?? 'none: the operator of the installation'],
      ['mode', me.mode],
      ['key', me.api_key_id],
      ['role', me.role],
      ['customer', me.customer_id],
      ['partner', me.partner_id],
      ['scopes', me.scopes.join(', ')],
    ]),
  );
}
