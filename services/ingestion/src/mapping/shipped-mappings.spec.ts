import { describe, expect, it } from '@jest/globals';
import { contentOf, newIntake } from '../accept/accept.fixture.js';
import { parseKeepingDigits } from '../accept/long-number.js';
import { readMapped } from '../accept/read-records.js';
import { CompiledMapping } from './compiled-mapping.js';
import { parseDefinition } from './definition.js';
import { ocpiCdr, simRecord, ttsUplink } from './mapping.fixture.js';
import { shippedMappings } from './shipped-mappings.js';

function mapped(code: string, document: unknown) {
  const mapping = shippedMappings().find((shipped) => shipped.code === code)?.compiled;
  if (!mapping) throw new Error(`there is no mapping ${code}`);
  const intake = newIntake();
  readMapped(parseKeepingDigits(typeof document === 'string' ? document : JSON.stringify(document)), mapping, intake);
  return { ...contentOf(intake), filtered: intake.filtered };
}

describe('the mappings that ship', () => {
  it('are there by these codes', () => {
    expect(shippedMappings().map(({ code }) => code)).toEqual([
      'cloudevents-generic',
      'ocpi-cdr-2.2.1',
      'sim-usage-csv',
      'sim-usage-json',
      'tts-uplink',
    ]);
  });

  it('read an OCPI charge detail record as energy of the EVSE, measured at its end', () => {
    const { events } = mapped('ocpi-cdr-2.2.1', ocpiCdr());
    expect(events).toEqual([
      {
        id: 'SE*NGR*cdr-0001',
        source: 'ocpi/SE/NGR',
        device: 'SE*NGR*E0017',
        meter: 'energy_kwh',
        time: Date.parse('2026-03-01T09:30:00Z'),
        quantity: '21.407',
        key: '',
        dimensions: { location: 'HALL-1', power_type: 'AC_3_PHASE', auth_method: 'AUTH_REQUEST' },
        receiptId: 'rcp_a',
        ordinal: 0,
      },
    ]);
  });

  it('read OCPI records inside of the envelope of a response', () => {
    const { events } = mapped('ocpi-cdr-2.2.1', {
      status_code: 1000,
      timestamp: '2026-03-01T10:00:00Z',
      data: [ocpiCdr(), ocpiCdr({ id: 'cdr-0002' })],
    });
    expect(events.map((event) => event.id)).toEqual(['SE*NGR*cdr-0001', 'SE*NGR*cdr-0002']);
  });

  it('leave an OCPI credit record and a session to a person', () => {
    expect(mapped('ocpi-cdr-2.2.1', ocpiCdr({ credit: true, credit_reference_id: 'cdr-0000' })).refused).toEqual([
      expect.objectContaining({ reason: 'no_mapping', mapping: 'ocpi-cdr-2.2.1' }),
    ]);
    expect(mapped('ocpi-cdr-2.2.1', ocpiCdr({ cdr_location: undefined })).refused[0]).toMatchObject({
      reason: 'no_mapping',
      detail: expect.stringContaining('cdr_location exists'),
    });
  });

  it('read SIM records by their kind of traffic, ids beyond 2^53 with all digits', () => {
    const data = JSON.stringify(simRecord()).replace('9007199254740992', '9007199254740993');
    const sms = simRecord({ id: 7, traffic_type: { id: 6, description: 'SMS' }, volume: { total: 1 } });
    const { events } = mapped('sim-usage-json', data);
    expect(events[0]).toMatchObject({
      id: '9007199254740993-b0a7a7f4-0000-4000-8000-000000000001',
      device: '8946990000000000017',
      meter: 'data_mb',
      quantity: '0.219933',
    });
    expect(mapped('sim-usage-json', sms).events[0]).toMatchObject({
      meter: 'sms',
      quantity: '1',
      dimensions: { operator: 'Nordcell', country: 'Sweden', rate_zone: 'Nordics' },
    });
    const voice = simRecord({ traffic_type: { id: 9, description: 'Voice' } });
    expect(mapped('sim-usage-json', voice).refused[0]).toMatchObject({
      reason: 'no_mapping',
      param: 'traffic_type.description',
      mapping: 'sim-usage-json#0',
      detail: expect.stringContaining('"Voice"'),
    });
  });

  it('read the register of a LoRaWAN uplink, whose frame counter is absent when it is 0', () => {
    expect(mapped('tts-uplink', ttsUplink({ energy_kwh: 1234.5 })).events[0]).toMatchObject({
      id: 'AXA50tHUGUucuzS0/42/energy',
      device: '70B3D57ED0000001',
      meter: 'energy_register_kwh',
      quantity: '1234.5',
      time: Date.parse('2026-03-01T12:15:45.789Z'),
    });
    expect(mapped('tts-uplink', ttsUplink({ counter: 17 }, { f_cnt: undefined })).events[0]).toMatchObject({
      id: 'AXA50tHUGUucuzS0/0/register',
      meter: 'register',
      quantity: '17',
    });
    expect(mapped('tts-uplink', ttsUplink({ energy_kwh: 1, volume_m3: 2 })).events.map((event) => event.meter)).toEqual([
      'energy_register_kwh',
      'volume_register_m3',
    ]);
  });

  it('say what is missing in an uplink without register, and set aside a join', () => {
    expect(mapped('tts-uplink', ttsUplink({ temperature: 1, luminosity: 0.64 })).refused[0]).toMatchObject({
      reason: 'invalid_event',
      detail: expect.stringContaining('decoded_payload.register'),
    });
    expect(mapped('tts-uplink', { end_device_ids: { dev_eui: 'x' }, join_accept: {} })).toMatchObject({
      filtered: 1,
      events: [],
      refused: [],
    });
  });

  it('read any CloudEvent as one unit of its type, by the source where there is no subject', () => {
    const event = {
      specversion: '1.0',
      type: 'com.example.someevent',
      source: '/mycontext',
      subject: null,
      id: 'C-1',
      time: '2026-03-01T17:31:00Z',
      data: { appinfoA: 'abc' },
    };
    expect(mapped('cloudevents-generic', event).events[0]).toMatchObject({
      id: 'C-1',
      device: '/mycontext',
      meter: 'com.example.someevent',
      quantity: '1',
    });
  });
});

describe("a tenant's own mapping", () => {
  it('names the field of the payload that counts', () => {
    const base = JSON.parse(shippedMappings().find(({ code }) => code === 'tts-uplink')?.definition ?? '') as {
      events: Record<string, unknown>[];
    };
    const [event] = base.events;
    const own = {
      ...base,
      events: [{ ...event, when: [], meter: 'luminosity', quantity: '{uplink_message.decoded_payload.luminosity}' }],
    };
    const intake = newIntake();
    readMapped(
      ttsUplink({ temperature: 1, luminosity: 0.64 }),
      new CompiledMapping('tts-uplink', parseDefinition(JSON.stringify(own))),
      intake,
    );
    expect(contentOf(intake).events[0]).toMatchObject({ meter: 'luminosity', quantity: '0.64' });
  });
});
