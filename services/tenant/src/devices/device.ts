import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';

/** Folded state of `device-record/<tenant>/<reference>`: the chain's first entry is what makes a reference unique for ever. */
export type DeviceState = {
  readonly id: string;
  readonly tenantId: string;
  readonly reference: string;
  readonly name: string;
  readonly kind: string;
  readonly customerId?: string;
  readonly department?: string;
  readonly contractId?: string;
  readonly partnerId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: Instant;
};

export function toDevice(state: DeviceState): tenantV1.Device {
  return create(tenantV1.DeviceSchema, {
    id: state.id,
    reference: state.reference,
    name: state.name,
    kind: state.kind,
    customerId: state.customerId ?? '',
    department: state.department ?? '',
    contractId: state.contractId ?? '',
    partnerId: state.partnerId ?? '',
    tags: { ...state.tags },
    createdAt: toRfc3339(state.createdAt),
  });
}
