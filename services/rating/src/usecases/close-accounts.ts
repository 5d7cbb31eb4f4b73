import { create, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { fromRfc3339, type Instant, Problem } from '@tollkeeper/kernel';
import { Decimal } from '@tollkeeper/money';
import type { ActorHost, View } from '@tollkeeper/ports';
import { actorId, type CloseInput, type CloseOutput, closeContract } from '../actors/device-account.contract.js';
import type { SettledUsage } from '../events/settled-usage.js';
import type { DeviceAccountDocument } from '../store/device-accounts.view.js';
import { listPage } from '../store/list-page.js';
import { allDone } from './replies.js';

export interface CloseAccountsPorts {
  readonly actors: ActorHost;
  readonly usage: SettledUsage;
  readonly devices: View<DeviceAccountDocument>;
}

/** Accounts closed by one request; the caller goes on with the cursor. */
const accountsPerRequest = 500;

/** Closes the ended periods of a customer's accounts in one currency, or looks what that would give. */
export async function closeAccounts(
  ports: CloseAccountsPorts,
  request: ratingV1.CloseAccountsRequest,
  now: Instant,
): Promise<ratingV1.CloseAccountsReply> {
  const { tenantId, customerId, currency, preview } = request;
  const until = fromRfc3339(request.until);
  if (until === undefined) throw new Problem('invalid_request', 'Give the time up to which periods are closed, in RFC 3339.', { param: 'until' });
  const page = await listPage(
    ports.devices,
    { index: 'customer', equals: [tenantId, customerId] },
    { limit: accountsPerRequest, cursor: request.cursor },
  );
  const accounts = page.items.filter((item) => item.currency === currency);
  await ports.usage.settle(tenantId, accounts.map(({ device }) => device));
  const cause = preview ? `${request.cause}/preview` : request.cause;
  const inputs = accounts.map(({ device }): CloseInput => {
    const reason = request.all ? 'final' : 'period_end';
    return { tenantId, device, cause, now, reason, until, everything: false, belowMinimum: request.all, asked: true, preview };
  });
  const outputs = allDone(await ports.actors.callMany(closeContract, inputs.map((input) => ({ id: actorId(tenantId, input.device), input }))));
  return toReply(accounts, outputs, page.next ?? '');
}

function toReply(accounts: readonly DeviceAccountDocument[], outputs: readonly CloseOutput[], nextCursor: string): ratingV1.CloseAccountsReply {
  const closed: ratingV1.ClosedAccount[] = [];
  let held = 0;
  let heldAmount = Decimal.zero;
  for (const [i, output] of outputs.entries()) {
    if (output.status === 'held') {
      held++;
      heldAmount = heldAmount.plus(Decimal.of(output.amount));
    }
    if (output.status !== 'closed') continue;
    const { n, hash, body } = output;
    const lines = body.lines.map((line) => fromJson(ratingV1.ChargeLineSchema, line as JsonValue));
    closed.push(create(ratingV1.ClosedAccountSchema, { device: accounts[i]?.device ?? '', n, hash, lines, amount: body.amount }));
  }
  return create(ratingV1.CloseAccountsReplySchema, { accounts: closed, held, heldAmount: heldAmount.toString(), nextCursor });
}
