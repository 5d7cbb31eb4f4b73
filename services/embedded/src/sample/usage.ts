import { type SampleDevice, sampleDevices } from './fleet.js';
import { SeededRandom } from './seeded-random.js';

/** One file or batch of the sample, as its source would send it. */
interface SampleFile {
  readonly name: string;
  readonly mapping: string;
  readonly content: string;
  readonly records: number;
}

/** A month of the whole fleet in the four formats. */
export interface SampleMonth {
  readonly files: readonly SampleFile[];
  /** Native CloudEvents, posted in batches. */
  readonly events: readonly object[];
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const lateDays = 3;

/** A record, when it was measured, and when its source got round to sending it. */
interface Timed<T> {
  readonly at: number;
  readonly sentAt: number;
  readonly record: T;
}

/**
 * Makes what the fleet measured from the first of `month` (1–12 of 2026) on for its length, seeded. About 1 % comes twice,
 * 6 % of the last days comes with the next month, and a few records are broken in the ways that real ones are.
 */
export class SampleUsage {
  private readonly random: SeededRandom;
  private readonly registers = new Map<string, number>();
  private readonly counters = new Map<string, number>();
  private readonly devices = sampleDevices();
  /** What was measured in a month and is sent in the next. */
  private late = { cdrs: [] as object[], sims: [] as string[], uplinks: [] as object[], events: [] as object[] };

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  month(month: number): SampleMonth {
    const start = Date.UTC(2026, month - 1, 1);
    const days = (Date.UTC(2026, month, 1) - start) / dayMs;
    const cdrs = this.collect('charge_point', (device) => this.sessions(device, start, days));
    const sims = this.collect('sim', (device) => this.traffic(device, start, days));
    const uplinks = this.collect('heat_meter', (device) => this.readings(device, start, days));
    const events = this.collect('hub', (device) => this.calls(device, start, days));
    const carried = this.late;
    this.late = { cdrs: this.hold(cdrs), sims: this.hold(sims), uplinks: this.hold(uplinks), events: this.hold(events) };
    const tag = `2026-${String(month).padStart(2, '0')}`;
    const cdrLines = [...this.sent(cdrs), ...carried.cdrs, ...this.brokenCdrs(start)];
    const simLines = [...this.sent(sims), ...carried.sims, ...this.brokenSims(start)];
    const uplinkLines = [...this.sent(uplinks), ...carried.uplinks];
    return {
      files: [
        { name: `ocpi-cdrs-${tag}.json`, mapping: 'ocpi-cdr-2.2.1', content: JSON.stringify(cdrLines), records: cdrLines.length },
        { name: `sim-usage-${tag}.csv`, mapping: 'sim-usage-csv', content: `${simHeader}\n${simLines.join('\n')}\n`, records: simLines.length },
        { name: `uplinks-${tag}.ndjson`, mapping: 'tts-uplink', content: `${uplinkLines.map((line) => JSON.stringify(line)).join('\n')}\n`, records: uplinkLines.length },
      ],
      events: [...this.sent(events), ...carried.events, ...this.brokenEvents(start)],
    };
  }

  private collect<T>(kind: SampleDevice['kind'], make: (device: SampleDevice) => readonly Timed<T>[]): readonly Timed<T>[] {
    return this.devices
      .filter((device) => device.kind === kind)
      .flatMap(make)
      .sort((a, b) => a.at - b.at);
  }

  /** What is sent in time, with the doubles that a nervous source sends. */
  private sent<T>(all: readonly Timed<T>[]): T[] {
    return all.filter(({ at, sentAt }) => at === sentAt).flatMap(({ record }) => (this.random.chance(0.01) ? [record, record] : [record]));
  }

  private hold<T>(all: readonly Timed<T>[]): T[] {
    return all.filter(({ at, sentAt }) => at !== sentAt).map(({ record }) => record);
  }

  /** Registers are never late here: a source that buffers readings sends them in order. */
  private timed<T>(at: number, record: T, mayBeLate = true): Timed<T> {
    // Late for a day or three, not for months: only what the month's end cut off comes with the next month.
    const monthEndsSoon = new Date(at + lateDays * dayMs).getUTCMonth() !== new Date(at).getUTCMonth();
    const late = mayBeLate && monthEndsSoon && this.random.chance(0.06);
    return { at, sentAt: late ? at + 31 * dayMs : at, record };
  }

  private count(device: SampleDevice): number {
    const n = (this.counters.get(device.reference) ?? 0) + 1;
    this.counters.set(device.reference, n);
    return n;
  }

  private sessions(device: SampleDevice, start: number, days: number): readonly Timed<object>[] {
    const perDay = device.customer === 'lindqvist' ? 2 : 1;
    return Array.from({ length: days * perDay }, (_, i) => {
      const begin = start + Math.floor(i / perDay) * dayMs + this.random.whole(0, 20) * hourMs + this.random.whole(0, 59) * 60_000;
      const hours = this.random.whole(5, 30) / 10;
      const end = begin + Math.round(hours * hourMs);
      return this.timed(end, cdr(device, this.count(device), begin, end, this.random.whole(2000, 42_000) / 1000));
    });
  }

  private traffic(device: SampleDevice, start: number, days: number): readonly Timed<string>[] {
    return Array.from({ length: days * 4 }, (_, i) => {
      const at = start + Math.floor(i / 4) * dayMs + (i % 4) * 6 * hourMs + this.random.whole(0, 359) * 60_000;
      const sms = i % 4 === 3;
      const volume = sms ? '1' : (this.random.whole(1, 9_000_000) / 1_000_000).toFixed(6);
      const id = `${device.reference.slice(-6)}${String(this.count(device)).padStart(6, '0')}`;
      return this.timed(at, `${id},${device.reference},${sms ? 'SMS' : 'Data'},${new Date(at).toISOString()},${volume},KPN,Netherlands`);
    });
  }

  private readings(device: SampleDevice, start: number, days: number): readonly Timed<object>[] {
    return Array.from({ length: days * 12 }, (_, i) => {
      const at = start + i * 2 * hourMs + this.random.whole(0, 59) * 1000;
      // Watt-hours, whole, so that the register never lies between two digits.
      const register = (this.registers.get(device.reference) ?? this.random.whole(1_000_000, 9_000_000)) + this.random.whole(200, 1800);
      this.registers.set(device.reference, register);
      return this.timed(at, uplink(device, this.count(device), at, register), false);
    });
  }

  private calls(device: SampleDevice, start: number, days: number): readonly Timed<object>[] {
    return Array.from({ length: days * 60 }, (_, i) => {
      const at = start + i * 24 * 60_000 + this.random.whole(0, 20) * 60_000;
      const peak = i % 10 === 9;
      const data = peak
        ? { meter: 'peak_kw', quantity: (this.random.whole(100, 620) / 10).toFixed(1) }
        : { meter: 'api_calls', quantity: String(this.random.whole(5, 240)) };
      return this.timed(at, cloudEvent(device.reference, this.count(device), at, data));
    });
  }

  /** A session on a charge point that nobody registered, one without energy, and one that changed its mind. */
  private brokenCdrs(start: number): object[] {
    const stranger = { reference: 'SE*XYZ*E9999' };
    const known = this.devices.find((device) => device.kind === 'charge_point') ?? stranger;
    const at = start + 9 * hourMs;
    const month = new Date(start).getUTCMonth() + 1;
    return [
      cdr(stranger, month, at, at + hourMs, 11.5),
      { ...cdr(known, 900_000 + month, at, at + hourMs, 7), total_energy: 'seven' },
      cdr(known, 910_000 + month, at, at + hourMs, 8.25),
      cdr(known, 910_000 + month, at, at + hourMs, 9.75),
    ];
  }

  private brokenSims(start: number): string[] {
    const time = new Date(start + hourMs).toISOString();
    const sim = this.devices.find((device) => device.kind === 'sim')?.reference ?? '';
    const month = new Date(start).getUTCMonth() + 1;
    return [`bad-${month}-1,${sim},Voice,${time},12,KPN,Netherlands`, `bad-${month}-2,${sim},Data,not-a-time,1.5,KPN,Netherlands`];
  }

  private brokenEvents(start: number): object[] {
    const at = start + 2 * hourMs;
    const month = new Date(start).getUTCMonth() + 1;
    return [
      cloudEvent('hub-001', 900_000 + month, at, { meter: 'steps', quantity: '10' }),
      cloudEvent('hub-404', 1, at, { meter: 'api_calls', quantity: '10' }),
      cloudEvent('hub-002', 900_000 + month, at, { meter: 'api_calls', quantity: '1e3' }),
    ];
  }
}

const simHeader = 'id,iccid,traffic_type,start_timestamp,volume_total,operator,country';

/** An OCPI 2.2.1 charge detail record (section 10.3.1), with the members that billing needs. */
function cdr(device: Pick<SampleDevice, 'reference'>, n: number, begin: number, end: number, kwh: number): object {
  return {
    country_code: 'SE',
    party_id: 'NGR',
    id: `${device.reference.slice(-5)}-${String(n).padStart(6, '0')}`,
    start_date_time: new Date(begin).toISOString(),
    end_date_time: new Date(end).toISOString(),
    cdr_token: { country_code: 'SE', party_id: 'NGR', uid: 'A1B2C3', type: 'RFID', contract_id: 'SE-NGR-C00001' },
    auth_method: 'WHITELIST',
    cdr_location: {
      id: 'LOC1',
      city: 'Stockholm',
      country: 'SWE',
      evse_uid: device.reference.slice(-5),
      evse_id: device.reference,
      connector_id: '1',
      connector_standard: 'IEC_62196_T2',
      connector_power_type: 'AC_3_PHASE',
    },
    currency: 'SEK',
    charging_periods: [{ start_date_time: new Date(begin).toISOString(), dimensions: [{ type: 'ENERGY', volume: kwh }] }],
    total_energy: kwh,
    total_time: Math.round((end - begin) / 36) / 100_000,
    last_updated: new Date(end + 30_000).toISOString(),
  };
}

/** An uplink as The Things Stack's webhooks send it, with the register that the payload formatter decoded. */
function uplink(device: SampleDevice, n: number, at: number, wattHours: number): object {
  const time = new Date(at).toISOString();
  const kwh = `${Math.floor(wattHours / 1000)}.${String(wattHours % 1000).padStart(3, '0')}`;
  return {
    end_device_ids: { device_id: device.name.toLowerCase().replaceAll(' ', '-'), application_ids: { application_id: 'warmte' }, dev_eui: device.reference },
    received_at: time,
    uplink_message: {
      session_key_id: `AX${device.reference.slice(-6)}==`,
      f_port: 2,
      f_cnt: n,
      frm_payload: 'gkHe',
      decoded_payload: { energy_kwh: kwh, battery_v: 3.6 },
      settings: { data_rate: { lora: { bandwidth: 125000, spreading_factor: 7 } }, frequency: '868300000' },
      received_at: time,
    },
  };
}

function cloudEvent(device: string, n: number, at: number, data: object): object {
  return {
    specversion: '1.0',
    type: 'tollkeeper.usage.v1',
    source: `northgrid/${device}`,
    id: String(n).padStart(8, '0'),
    time: new Date(at).toISOString(),
    subject: device,
    datacontenttype: 'application/json',
    data,
  };
}
