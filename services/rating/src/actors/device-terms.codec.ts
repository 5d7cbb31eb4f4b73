import type { PeriodRule } from '@tollkeeper/metering';
import { ByteReader } from '../pages/byte-reader.js';
import { ByteWriter } from '../pages/byte-writer.js';
import type { DeviceTerms } from './device-terms.js';

const writer = new ByteWriter();

/** A contract has one of few period rules: each is parsed once. */
const periods = new Map<string, PeriodRule>();
const mostPeriods = 1000;

/** A third of the terms' JSON: they are written with every page, so that a head alone says all that pricing needs. */
export function encodeTerms(terms: DeviceTerms): Uint8Array {
  writer.reset();
  writer.text(terms.deviceId);
  writer.text(terms.deviceName);
  writer.text(terms.customerId);
  writer.text(terms.contractId);
  writer.varint(terms.contractVersion);
  writer.text(terms.department);
  writer.text(terms.partnerId);
  writer.text(terms.currency);
  writer.text(terms.timeZone);
  writer.text(JSON.stringify(terms.period));
  writer.varint(terms.priceLists.length);
  for (const code of terms.priceLists) writer.text(code);
  writer.varint(terms.fees.length);
  for (const { code, description, amount } of terms.fees) {
    writer.text(code);
    writer.text(description);
    writer.text(amount);
  }
  writer.text(terms.hold.threshold);
  writer.text(terms.hold.minimum);
  writer.varint(terms.hold.longestDays);
  writer.text(terms.startDate);
  writer.text(terms.endDate);
  return writer.finish();
}

/** @throws RangeError the bytes are cut short. */
export function decodeTerms(bytes: Uint8Array): DeviceTerms {
  const reader = new ByteReader(bytes);
  return {
    deviceId: reader.text(),
    deviceName: reader.text(),
    customerId: reader.text(),
    contractId: reader.text(),
    contractVersion: reader.varint(),
    department: reader.text(),
    partnerId: reader.text(),
    currency: reader.text(),
    timeZone: reader.text(),
    period: readPeriod(reader.text()),
    priceLists: reader.list(() => reader.text()),
    fees: reader.list(() => ({ code: reader.text(), description: reader.text(), amount: reader.text() })),
    hold: { threshold: reader.text(), minimum: reader.text(), longestDays: reader.varint() },
    startDate: reader.text(),
    endDate: reader.text(),
  };
}

function readPeriod(text: string): PeriodRule {
  const known = periods.get(text);
  if (known) return known;
  const period = JSON.parse(text) as PeriodRule;
  if (periods.size >= mostPeriods) periods.clear();
  periods.set(text, period);
  return period;
}
