/** An OCPI 2.2.1 charge detail record with the members that billing needs. */
export function ocpiCdr(device: string, id: string, end: string, kwh: number): object {
  return {
    country_code: 'SE', party_id: 'TST', id, start_date_time: end, end_date_time: end, auth_method: 'WHITELIST',
    cdr_location: { id: 'LOC1', evse_uid: '1', evse_id: device, connector_power_type: 'AC_3_PHASE' },
    currency: 'SEK', total_energy: kwh, total_time: 1, last_updated: end,
  };
}

/** SIM usage records as CSV. */
export function simCsv(iccid: string, records: readonly { readonly id: string; readonly kind: 'Data' | 'SMS'; readonly at: string; readonly volume: string }[]): string {
  const lines = records.map(({ id, kind, at, volume }) => `${id},${iccid},${kind},${at},${volume},Nordcell,Netherlands`);
  return `id,iccid,traffic_type,start_timestamp,volume_total,operator,country\n${lines.join('\n')}\n`;
}

/** An uplink of The Things Stack with a register that the payload formatter decoded. */
export function ttsUplink(devEui: string, n: number, at: string, kwh: number): object {
  return {
    end_device_ids: { device_id: 'heat-1', application_ids: { application_id: 'heat' }, dev_eui: devEui },
    received_at: at,
    uplink_message: { session_key_id: 'AXtest==', f_port: 2, f_cnt: n, decoded_payload: { energy_kwh: kwh }, received_at: at },
  };
}
