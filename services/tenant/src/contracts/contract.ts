import { create } from '@bufbuild/protobuf';
import { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import type { DeviceState } from '../devices/device.js';

export const periods = ['monthly', 'weekly', 'days28', 'yearly'] as const;

export type RecurringFeeState = {
  readonly code: string;
  readonly description: string;
  readonly amount: string;
  readonly per: 'device' | 'contract';
};

export type HoldState = { readonly threshold: string; readonly minimum: string; readonly longestDays: number };

/**
 * Folded state of `contract/<tenant>/<id>`; its version is the number of the entry. Devices are not in it, so that a
 * contract over 100,000 devices stays small: each device's own record says which contract it is under.
 */
export type ContractState = {
  readonly id: string;
  readonly tenantId: string;
  readonly customerId: string;
  readonly reference: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly period: (typeof periods)[number];
  readonly anchorDay: number;
  readonly priceLists: readonly string[];
  readonly recurringFees: readonly RecurringFeeState[];
  readonly hold: HoldState;
  readonly startDate: string;
  /** Empty while it goes on; the contract's last day is the one before. */
  readonly endDate: string;
  readonly version: number;
  readonly createdAt: Instant;
};

/** Body of an entry: which devices this version adds, and whether those it had before need new terms. */
export type ContractChange = { readonly devices: readonly string[]; readonly termsChanged: boolean };

/** A device may leave a contract that ends before the new one begins. */
export function isFree(under: ContractState | undefined, next: ContractState): boolean {
  return under === undefined || (under.endDate !== '' && under.endDate <= next.startDate);
}

export function toContract(state: ContractState, devices: readonly string[] = []): tenantV1.Contract {
  return create(tenantV1.ContractSchema, {
    id: state.id,
    customerId: state.customerId,
    reference: state.reference,
    currency: state.currency,
    timeZone: state.timeZone,
    period: state.period,
    anchorDay: state.anchorDay,
    priceLists: [...state.priceLists],
    recurringFees: state.recurringFees.map((fee) => create(tenantV1.RecurringFeeSchema, fee)),
    hold: create(tenantV1.HoldPolicySchema, state.hold),
    startDate: state.startDate,
    endDate: state.endDate,
    devices: [...devices],
    version: state.version,
    createdAt: toRfc3339(state.createdAt),
  });
}

/** What rating needs to know to charge one device under the contract. Fees per contract are the invoice's affair. */
export function toDeviceTerms(contract: ContractState, device: DeviceState): ratingV1.DeviceTerms {
  return create(ratingV1.DeviceTermsSchema, {
    deviceId: device.id,
    reference: device.reference,
    customerId: contract.customerId,
    contractId: contract.id,
    contractVersion: contract.version,
    department: device.department ?? '',
    partnerId: device.partnerId ?? '',
    currency: contract.currency,
    timeZone: contract.timeZone,
    period: contract.period,
    anchorDay: contract.anchorDay,
    priceLists: [...contract.priceLists],
    recurringFees: contract.recurringFees
      .filter((fee) => fee.per === 'device')
      .map((fee) => create(tenantV1.RecurringFeeSchema, fee)),
    hold: create(tenantV1.HoldPolicySchema, contract.hold),
    startDate: contract.startDate,
    endDate: contract.endDate,
    deviceName: device.name,
  });
}
