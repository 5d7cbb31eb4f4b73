import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes, Problem } from '@tollkeeper/kernel';
import { chainName } from '../shell/chains.js';
import { refuse } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { checkDevice, DeviceReferences } from './check-device.js';
import { type DeviceState, toDevice } from './device.js';

const mostDevices = 1_000;

/**
 * Registers up to 1,000 devices, each on its own: one that cannot be registered is refused in the answer, with its place
 * and how to mend it, and does not hold up the others. A device that names a contract is under it, with its account
 * open, when the answer comes.
 */
export async function createDevices(
  context: TenantContext,
  request: tenantV1.CreateDevicesRequest,
): Promise<tenantV1.DeviceList> {
  const { devices } = request;
  if (devices.length === 0) refuse('devices', 'devices is empty; send at least one.');
  if (devices.length > mostDevices)
    refuse('devices', `One request registers at most ${mostDevices} devices, and this one has ${devices.length}; send several.`);
  const references = new DeviceReferences(context, request.tenantId);
  const firstAt = new Map<string, number>();
  devices.forEach(({ reference }, i) => void (firstAt.has(reference.trim()) || firstAt.set(reference.trim(), i)));
  const outcomes = await Promise.all(
    devices.map(async (device, index) => {
      try {
        const twin = firstAt.get(device.reference.trim());
        if (twin !== undefined && twin !== index)
          refuse('reference', `Device ${twin} of this request has the same reference; send each device once.`);
        return await register(context, request, device, index, references);
      } catch (error) {
        if (!(error instanceof Problem) || error.code === 'unavailable') throw error;
        return toRefusal(device.reference, index, error);
      }
    }),
  );
  const list = create(tenantV1.DeviceListSchema);
  for (const outcome of outcomes) {
    if (outcome.$typeName === 'tollkeeper.tenant.v1.Device') list.items.push(outcome);
    else list.refused.push(outcome);
  }
  return list;
}

async function register(
  context: TenantContext,
  { tenantId, cause }: tenantV1.CreateDevicesRequest,
  given: tenantV1.Device,
  index: number,
  references: DeviceReferences,
): Promise<tenantV1.Device> {
  const createdAt = context.ports.clocks.now(tenantId);
  const wanted = await checkDevice(given, { tenantId, cause, index, createdAt }, references);
  const { entry } = await context.writer.execute<DeviceState>({
    chain: chainName('device-record', tenantId, wanted.reference),
    cause,
    now: createdAt,
    decide: (present) => {
      if (present)
        throw new Problem(
          'conflict',
          `The reference “${wanted.reference}” is the device ${present.id} already; a reference is used once.`,
          { param: 'reference' },
        );
      return { kind: 'registered', body: wanted, state: wanted };
    },
  });
  return toDevice(entry ? fromCanonicalBytes<DeviceState>(entry.state) : wanted);
}

function toRefusal(reference: string, index: number, { code, detail, extra }: Problem): tenantV1.DeviceRefusal {
  return create(tenantV1.DeviceRefusalSchema, { index, reference, code, detail, param: extra.param ?? '' });
}
