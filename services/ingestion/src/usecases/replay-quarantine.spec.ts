import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ingestionV1, tenantV1 } from '@tollkeeper/contracts';
import { nativeEvent } from '../accept/accept.fixture.js';
import { IngestionHouse, tenant } from '../ingestion-house.fixture.js';
import { simRecord, ttsUplink } from '../mapping/mapping.fixture.js';
import { shippedMappings } from '../mapping/shipped-mappings.js';

let house: IngestionHouse;
beforeEach(async () => {
  house = await IngestionHouse.build();
});
afterEach(() => house.remove());

const replay = (change: { id?: string; reason?: string; fix?: Record<string, string>; cause?: string }) =>
  house.quarantine.replayQuarantine(
    create(ingestionV1.ReplayRequestSchema, { tenantId: tenant, cause: house.nextCause(), ...change }),
  );
const item = (id: string) => house.quarantine.getQuarantineItem(create(tenantV1.GetRequestSchema, { tenantId: tenant, id }));
const summary = async () =>
  (await house.quarantine.summarizeQuarantine(create(tenantV1.ListRequestSchema, { tenantId: tenant }))).reasons.map(
    ({ reason, open }) => [reason, open],
  );
const list = async (change: { reason?: string; status?: string }) =>
  (await house.quarantine.listQuarantine(create(ingestionV1.ListQuarantineRequestSchema, { tenantId: tenant, ...change }))).items;

async function quarantined(body: unknown, mapping = ''): Promise<string> {
  const receipt = await house.accept(body, { mapping });
  await house.settled(receipt.id);
  const [open] = await list({ status: 'open' });
  if (!open) throw new Error('nothing is in quarantine');
  return open.id;
}

describe('the quarantine', () => {
  it('shows what was refused at the edge, as it was sent', async () => {
    const id = await quarantined([nativeEvent({}, { quantity: '1e3' })]);
    expect(await item(id)).toMatchObject({
      status: 'open',
      reason: 'invalid_event',
      param: 'data.quantity',
      ordinal: 0,
      day: '2026-03-01',
      createdAt: '2026-03-01T12:00:00.000Z',
    });
    expect(JSON.parse((await item(id)).original)).toMatchObject({ data: { quantity: '1e3' } });
  });

  it('mends one item by the fields given, once', async () => {
    const id = await quarantined([nativeEvent({ id: 'e-9' }, { quantity: '1e3' })]);
    await expect(replay({ id })).rejects.toMatchObject({ code: 'unprocessable', extra: { param: 'fix.data.quantity' } });
    await expect(replay({ id, fix: { colour: 'red' } })).rejects.toMatchObject({
      code: 'invalid_request',
      extra: { param: 'fix.colour' },
    });
    const cause = house.nextCause();
    const reply = await replay({ id, fix: { quantity: '1000' }, cause });
    expect(reply).toMatchObject({ replayed: 1 });
    expect(await house.settled(reply.receiptIds[0] ?? '')).toMatchObject({ booked: 1, origin: `replay:${id}` });
    expect(house.booked).toEqual([expect.objectContaining({ id: 'e-9', quantity: '1000' })]);
    expect(await item(id)).toMatchObject({ status: 'replayed', replayReceiptId: reply.receiptIds[0] });
    expect(await replay({ id, fix: { quantity: '1000' }, cause })).toEqual(reply);
    await expect(replay({ id })).rejects.toMatchObject({ code: 'conflict' });
    expect(await summary()).toEqual([]);
    expect(house.booked).toHaveLength(1);
  });

  it('holds events that rating refused, and mends their device', async () => {
    const id = await quarantined([nativeEvent({ subject: 'unknown-7', id: 'e-7' }, { dimensions: { lane: '1' } })]);
    expect(await item(id)).toMatchObject({ reason: 'unknown_device', event: { device: 'unknown-7', id: 'e-7' } });
    const reply = await replay({ id, fix: { device: 'known-7' } });
    await house.settled(reply.receiptIds[0] ?? '');
    expect(house.booked[0]).toMatchObject({ device: 'known-7', id: 'e-7', quantity: '1.25', dimensions: { lane: '1' } });
  });

  it('replays all open items of a reason, and tells them again for the same cause', async () => {
    await quarantined([1, 2, 3].map((i) => nativeEvent({ subject: 'unknown-1', id: `e-${i}` })));
    await quarantined([nativeEvent({ id: '' })]);
    expect(await summary()).toEqual([
      ['unknown_device', 3],
      ['invalid_event', 1],
    ]);
    const cause = house.nextCause();
    const reply = await replay({ reason: 'unknown_device', cause });
    expect(reply.replayed).toBe(3);
    for (const id of reply.receiptIds) await house.settled(id);
    expect(await list({ reason: 'unknown_device', status: 'replayed' })).toHaveLength(3);
    // The device is still unknown, so they came back as new items.
    expect(await list({ reason: 'unknown_device', status: 'open' })).toHaveLength(3);
    await expect(replay({ reason: 'invalid_event' })).resolves.toMatchObject({ replayed: 0 });
  });

  it('goes through a mapping that was put meanwhile', async () => {
    const id = await quarantined([ttsUplink({ temperature: 1, luminosity: 0.64 })], 'tts-uplink');
    const base = JSON.parse(shippedMappings().find(({ code }) => code === 'tts-uplink')?.definition ?? '') as {
      events: Record<string, unknown>[];
    };
    const definition = JSON.stringify({
      ...base,
      events: base.events.map((event) => ({
        ...event,
        when: [],
        quantity: '{uplink_message.decoded_payload.luminosity}',
        meter: 'luminosity',
      })),
    });
    await house.mappings.putMapping(
      create(ingestionV1.PutMappingRequestSchema, {
        tenantId: tenant,
        cause: house.nextCause(),
        mapping: { code: 'tts-uplink', definition },
      }),
    );
    const reply = await replay({ id });
    await house.settled(reply.receiptIds[0] ?? '');
    expect(house.booked[0]).toMatchObject({ meter: 'luminosity', quantity: '0.64' });
  });

  it('mends a mapped record without sending again what it made before', async () => {
    const id = await quarantined([simRecord({ traffic_type: { description: 'Voice' } })], 'sim-usage-json');
    const reply = await replay({ id, fix: { meter: 'voice_min' } });
    await house.settled(reply.receiptIds[0] ?? '');
    expect(house.booked).toEqual([expect.objectContaining({ meter: 'voice_min', device: '8946990000000000017' })]);
  });

  it('is in pages, newest first', async () => {
    await quarantined(Array.from({ length: 30 }, () => nativeEvent({ id: '' })));
    const first = await house.quarantine.listQuarantine(
      create(ingestionV1.ListQuarantineRequestSchema, { tenantId: tenant, limit: 20 }),
    );
    const rest = await house.quarantine.listQuarantine(
      create(ingestionV1.ListQuarantineRequestSchema, { tenantId: tenant, limit: 20, cursor: first.nextCursor }),
    );
    expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([20, 10, '']);
    expect(new Set([...first.items, ...rest.items].map(({ id }) => id)).size).toBe(30);
    await expect(
      house.quarantine.listQuarantine(create(ingestionV1.ListQuarantineRequestSchema, { tenantId: tenant, cursor: 'x' })),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
