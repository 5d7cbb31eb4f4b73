import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { chainName, notFound } from '../shell/chains.js';
import { listPage, type Selection } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { createDevices } from './create-devices.js';
import { type DeviceState, toDevice } from './device.js';

const { method } = tenantV1.TenantService;

@Controller()
export class DevicesController {
  constructor(@Inject(TENANT_CONTEXT) private readonly context: TenantContext) {}

  @Rpc(method.createDevices)
  create(@Payload() request: tenantV1.CreateDevicesRequest): Promise<tenantV1.DeviceList> {
    return createDevices(this.context, request);
  }

  /** By the tenant's own reference, which is the chain's name, or by id. */
  @Rpc(method.getDevice)
  async get(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<tenantV1.Device> {
    const named = id === '' ? undefined : await this.context.writer.state<DeviceState>(chainName('device-record', tenantId, id));
    const device = named ?? (await this.context.views.devices.get(id));
    if (device?.tenantId !== tenantId) throw notFound('device', id);
    return toDevice(device);
  }

  @Rpc(method.listDevices)
  async list(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.DevicePage> {
    const page = await listPage(this.context.views.devices, selectionOf(request), request, (devices) => devices.map(toDevice));
    return create(tenantV1.DevicePageSchema, page);
  }
}

/** The index of the narrowest restriction; the others filter. */
function selectionOf(request: tenantV1.ListRequest): Selection<DeviceState> {
  const { tenantId, reference, contractId, customerId, partnerId } = request;
  const keep = (device: DeviceState): boolean =>
    (reference === '' || device.reference === reference) &&
    (contractId === '' || device.contractId === contractId) &&
    (customerId === '' || device.customerId === customerId) &&
    (partnerId === '' || device.partnerId === partnerId);
  const narrowest = (
    [
      ['reference', reference],
      ['contract', contractId],
      ['customer', customerId],
      ['partner', partnerId],
    ] as const
  ).find(([, value]) => value !== '');
  return narrowest ? { index: narrowest[0], equals: [tenantId, narrowest[1]], keep } : { index: 'tenant', equals: [tenantId] };
}
