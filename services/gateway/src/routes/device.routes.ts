import { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import type { OwnedBy, Route } from '../http/route.js';
import { flag, listQuery, reference } from '../schemas/value.schemas.js';
import { devicesBody } from '../schemas/tenant.schemas.js';
import { deviceParam, exampleId } from './path-params.js';

const asks = tenantV1.TenantService.method;
const rating = ratingV1.RatingService.method;

const ownList = { customer: { by: 'query', field: 'customer_id' } } as const satisfies Route['bound'];
const ownDevice: OwnedBy = { by: 'ask', method: asks.getDevice, param: 'reference', field: 'customer_id' };

export const deviceRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/devices', operationId: 'createDevices', tag: 'Customers', scope: 'devices:write', effect: 'write',
    summary: 'Register devices', description: 'Up to 1,000 at once. Each is registered or refused on its own; `refused` says why.',
    body: {
      kind: 'json', schema: devicesBody,
      example: { devices: [{ reference: 'SE*NGR*E0001', name: 'Garage, place 1', kind: 'charge_point', customer_id: exampleId('cus'), department: 'depot-north', tags: { floor: '-1' } }] },
    },
    asks: asks.createDevices,
    answer: { status: 201, description: 'The devices registered, and those refused.', message: tenantV1.DeviceListSchema },
  },
  {
    method: 'GET', path: '/v1/devices', operationId: 'listDevices', tag: 'Customers', scope: 'devices:read', effect: 'read',
    summary: 'List devices', description: 'Of the tenant, a customer, a partner or a contract.',
    query: listQuery({ customer_id: reference.optional(), partner_id: reference.optional(), contract_id: reference.optional(), reference: reference.optional() }),
    bound: ownList,
    asks: asks.listDevices,
    answer: { status: 200, description: 'A page of devices.', message: tenantV1.DevicePageSchema },
  },
  {
    method: 'GET', path: '/v1/devices/{reference}', operationId: 'getDevice', tag: 'Customers', scope: 'devices:read', effect: 'read',
    summary: 'Read a device', description: "By the tenant's reference, or by id.",
    params: deviceParam,
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    asks: asks.getDevice,
    answer: { status: 200, description: 'The device.', message: tenantV1.DeviceSchema },
  },
  {
    method: 'GET', path: '/v1/devices/{reference}/account', operationId: 'getDeviceAccount', tag: 'Accounts', scope: 'devices:read', effect: 'read',
    summary: 'Read a device account', description: 'What the device used and owes since its account was closed last.',
    params: deviceParam,
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    asks: rating.getDeviceAccount,
    answer: { status: 200, description: 'The account.', message: ratingV1.DeviceAccountSchema },
  },
  {
    method: 'GET', path: '/v1/devices/{reference}/account/entries', operationId: 'listDeviceAccountEntries', tag: 'Accounts', scope: 'devices:read', effect: 'read',
    summary: 'List the entries of a device account', description: 'The chain of the account, entry by entry, each with its hash and that of the one before.',
    params: { reference: { ...deviceParam.reference, field: 'device' } },
    query: listQuery({ with_body: flag.optional().describe('Also the body of each entry, with the events of a page.') }),
    bound: { customer: ownDevice },
    asks: rating.listAccountEntries,
    answer: { status: 200, description: 'A page of entries.', message: ratingV1.AccountEntryPageSchema },
  },
  {
    method: 'GET', path: '/v1/devices/{reference}/entitlement', operationId: 'getEntitlement', tag: 'Accounts', scope: 'devices:read', effect: 'read',
    summary: 'Ask whether a device may be used', description: 'False while the device is blocked for want of payment; ask before a session starts.',
    params: deviceParam,
    bound: { customer: ownDevice },
    asks: rating.getEntitlement,
    answer: { status: 200, description: 'Whether the device may be used, and why not.', message: ratingV1.EntitlementSchema },
  },
  {
    method: 'GET', path: '/v1/device-accounts', operationId: 'listDeviceAccounts', tag: 'Accounts', scope: 'devices:read', effect: 'read',
    summary: 'List device accounts', description: 'With what each holds now.',
    query: listQuery({ customer_id: reference.optional(), contract_id: reference.optional() }),
    bound: ownList,
    asks: rating.listDeviceAccounts,
    answer: { status: 200, description: 'A page of accounts.', message: ratingV1.DeviceAccountPageSchema },
  },
];
