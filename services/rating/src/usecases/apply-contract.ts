import type { ratingV1 } from '@tollkeeper/contracts';
import { type Instant, Problem } from '@tollkeeper/kernel';
import type { ActorHost } from '@tollkeeper/ports';
import { actorId, type ApplyTermsInput, applyTermsContract } from '../actors/device-account.contract.js';
import { fromDeviceTerms } from '../actors/device-terms.js';
import type { SettledUsage } from '../events/settled-usage.js';
import { allDone } from './replies.js';

const devicesPerCall = 500;

/** Puts devices under the terms of a contract version: once for each device, contract and version. @throws Problem `invalid_request` */
export async function applyContract(
  ports: { readonly actors: ActorHost; readonly usage: SettledUsage },
  request: ratingV1.ApplyContractRequest,
  now: Instant,
): Promise<number> {
  const { tenantId } = request;
  const inputs = request.devices.map((device, i): ApplyTermsInput => {
    const terms = fromDeviceTerms(device, `devices[${i}]`);
    const cause = `contract/${terms.contractId}/${terms.contractVersion}`;
    return { tenantId, device: device.reference, cause, now, terms };
  });
  const unique = new Map(inputs.map((input) => [input.device, input]));
  if (unique.size < inputs.length) throw new Problem('invalid_request', 'A device stands twice in the list.', { param: 'devices' });
  for (let from = 0; from < inputs.length; from += devicesPerCall) {
    const some = inputs.slice(from, from + devicesPerCall);
    // What came before the change is booked under the terms that it came under.
    await ports.usage.settle(tenantId, some.map(({ device }) => device));
    allDone(await ports.actors.callMany(applyTermsContract, some.map((input) => ({ id: actorId(tenantId, input.device), input }))));
  }
  return inputs.length;
}
