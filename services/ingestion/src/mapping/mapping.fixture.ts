/** Records in the shape of the formats that the shipped mappings read; the values are made up. */
export function ocpiCdr(change: Record<string, unknown> = {}) {
  return {
    country_code: 'SE',
    party_id: 'NGR',
    id: 'cdr-0001',
    start_date_time: '2026-03-01T08:00:00Z',
    end_date_time: '2026-03-01T09:30:00Z',
    cdr_token: { country_code: 'SE', party_id: 'NGR', uid: '00aabbcc', type: 'RFID', contract_id: 'SE-NGR-C000001' },
    auth_method: 'AUTH_REQUEST',
    cdr_location: {
      id: 'HALL-1',
      city: 'Uppsala',
      coordinates: { latitude: '59.858562', longitude: '17.638927' },
      evse_uid: '17',
      evse_id: 'SE*NGR*E0017',
      connector_id: '1',
      connector_power_type: 'AC_3_PHASE',
    },
    currency: 'SEK',
    charging_periods: [{ start_date_time: '2026-03-01T08:00:00Z', dimensions: [{ type: 'ENERGY', volume: 21.407 }] }],
    total_cost: { excl_vat: 80.25, incl_vat: 100.31 },
    total_energy: 21.407,
    total_time: 1.5,
    last_updated: '2026-03-01T09:31:00Z',
    ...change,
  };
}

export function simRecord(change: Record<string, unknown> = {}) {
  return {
    cost: 0.01,
    id: 9007199254740993,
    operator: { id: 3, name: 'Nordcell', country: { id: 1, mcc: '240', name: 'Sweden' } },
    tariff: { id: 1, name: 'IoT', ratezone: { id: 2, name: 'Nordics' } },
    traffic_type: { id: 5, description: 'Data' },
    imsi: '240990000000001',
    volume: { total: 0.219933, rx: 0.1, tx: 0.119933 },
    start_timestamp: '2026-03-01T11:53:43Z',
    end_timestamp: '2026-03-01T14:56:15.260Z',
    sim: { id: 1, iccid: '8946990000000000017', msisdn: '467190000001' },
    session_id: 'b0a7a7f4-0000-4000-8000-000000000001',
    ...change,
  };
}

export function ttsUplink(decoded: Record<string, unknown>, change: Record<string, unknown> = {}) {
  return {
    end_device_ids: { device_id: 'meter-1', application_ids: { application_id: 'water' }, dev_eui: '70B3D57ED0000001' },
    correlation_ids: ['as:up:01HQ0000000000000000000001'],
    received_at: '2026-03-01T12:15:46.014773143Z',
    uplink_message: {
      session_key_id: 'AXA50tHUGUucuzS0',
      f_cnt: 42,
      frm_payload: 'gkHe',
      decoded_payload: decoded,
      rx_metadata: [{ gateway_ids: { gateway_id: 'gw1' }, rssi: -35, location: { latitude: 37.971555567314362 } }],
      received_at: '2026-03-01T12:15:45.789585559Z',
      ...change,
    },
  };
}
