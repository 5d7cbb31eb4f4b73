import { ratingV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import type { ServicePorts } from '@tollkeeper/nest-kit';
import type { DeviceState } from '../devices/device.js';
import { type ContractState, toDeviceTerms } from './contract.js';

/** Devices in one request to rating. */
export const devicesPerRequest = 500;
/** Devices that are registered together become one request: what waits this long goes. */
const gatherMs = 1;

interface Gathering {
  readonly tenantId: string;
  readonly contractId: string;
  readonly devices: DeviceState[];
  readonly sent: Promise<void>;
  send(): void;
}

/** Tells rating the terms of devices. Rating takes the same contract version for the same device once, and an older one never. */
export class ContractApplier {
  private readonly gatherings = new Map<string, Gathering>();

  constructor(
    private readonly ports: Pick<ServicePorts, 'client' | 'timers'>,
    private readonly contractNow: (tenantId: string, contractId: string) => Promise<ContractState | undefined>,
  ) {}

  /** Resolves when rating has opened, or changed, the accounts of these devices. @throws Problem as rating answers */
  async apply(contract: ContractState, devices: readonly DeviceState[]): Promise<void> {
    for (let from = 0; from < devices.length; from += devicesPerRequest) {
      const chunk = devices.slice(from, from + devicesPerRequest);
      await this.ports.client.call(ratingV1.RatingService.method.applyContract, {
        tenantId: contract.tenantId,
        cause: `contract/${contract.id}/${contract.version}`,
        devices: chunk.map((device) => toDeviceTerms(contract, device)),
      });
    }
  }

  /**
   * Puts one device under the newest version of its contract, together with others that come at the same moment. The
   * device's view document must be written before: then either this reads a newer version, or the newer version's own
   * work finds the device.
   */
  async join(device: DeviceState, contractId: string): Promise<void> {
    const key = `${device.tenantId}/${contractId}`;
    const gathering = this.gatherings.get(key) ?? this.gather(key, device.tenantId, contractId);
    gathering.devices.push(device);
    if (gathering.devices.length >= devicesPerRequest) gathering.send();
    await gathering.sent;
  }

  private gather(key: string, tenantId: string, contractId: string): Gathering {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const devices: DeviceState[] = [];
    const send = () => {
      cancel();
      if (this.gatherings.get(key) !== gathering) return;
      this.gatherings.delete(key);
      this.applyNewest(gathering).then(resolve, reject);
    };
    const gathering: Gathering = { tenantId, contractId, devices, sent: promise, send };
    const cancel = this.ports.timers.after(gatherMs, send);
    this.gatherings.set(key, gathering);
    return gathering;
  }

  private async applyNewest({ tenantId, contractId, devices }: Gathering): Promise<void> {
    const contract = await this.contractNow(tenantId, contractId);
    if (!contract) throw new Problem('internal', `The contract ${contractId} of a device is gone.`);
    await this.apply(contract, devices);
  }
}
