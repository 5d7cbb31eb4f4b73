import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ingestionV1, ratingV1, tenantV1, usageV1 } from '@tollkeeper/contracts';
import { intakeTopic, partitionOf } from '@tollkeeper/nest-kit';
import fc from 'fast-check';
import { Problem } from '@tollkeeper/kernel';
import { nativeEvent } from '../accept/accept.fixture.js';
import { IngestionHouse, otherTenant, start, tenant, until } from '../ingestion-house.fixture.js';
import { ocpiCdr } from '../mapping/mapping.fixture.js';

let house: IngestionHouse;
beforeEach(async () => {
  house = await IngestionHouse.build();
});
afterEach(() => house.remove());

const events = (count: number, prefix = 'e', change: Record<string, unknown> = {}) =>
  Array.from({ length: count }, (_, i) =>
    nativeEvent({ id: `${prefix}-${String(i).padStart(6, '0')}`, subject: `device-${i % 9}`, ...change }),
  );

describe('usage that is sent', () => {
  it('is answered with a receipt that turns settled when everything is booked', async () => {
    const receipt = await house.accept(events(100));
    expect(receipt).toMatchObject({
      status: 'accepted',
      received: 100,
      accepted: 100,
      quarantined: 0,
      results: [],
      origin: 'api',
      receivedAt: '2026-03-01T12:00:00.000Z',
    });
    expect(await house.settled(receipt.id)).toMatchObject({
      status: 'settled',
      received: 100,
      accepted: 100,
      booked: 100,
      duplicate: 0,
      settledAt: '2026-03-01T12:00:00.000Z',
    });
    expect(house.booked).toHaveLength(100);
  });

  it('counts received = booked + duplicate + quarantined per day and meter', async () => {
    const first = await house.accept([...events(10), nativeEvent({ id: '' }), nativeEvent({ subject: 'unknown-1', id: 'u' })]);
    await house.settled(first.id);
    const second = await house.accept(events(4));
    await house.settled(second.id);
    expect(await house.day()).toMatchObject({
      day: '2026-03-01',
      received: 16,
      booked: 10,
      duplicate: 4,
      quarantined: 2,
      unsettled: 0,
    });
    const meters = new Map(
      (await house.day())?.meters.map(({ meter, booked, duplicate, quarantined }) => [meter, [booked, duplicate, quarantined]]),
    );
    expect(meters).toEqual(
      new Map([
        ['', [0, 0, 1]],
        ['energy_kwh', [10, 4, 1]],
      ]),
    );
  });

  it('sent again under the same cause is the same receipt and counts once', async () => {
    const cause = house.nextCause();
    const first = await house.accept([...events(20), nativeEvent({ id: '' })], { cause });
    await house.settled(first.id);
    const again = await house.accept([...events(20), nativeEvent({ id: '' })], { cause });
    expect(again.id).toBe(first.id);
    const last = await house.accept(events(1, 'last'));
    await house.settled(last.id);
    expect(await house.day()).toMatchObject({ received: 22, booked: 21, duplicate: 0, quarantined: 1 });
    const open = await house.quarantine.listQuarantine(create(ingestionV1.ListQuarantineRequestSchema, { tenantId: tenant }));
    expect(open.items.map((item) => item.id)).toEqual([first.results[0]?.quarantineId]);
  });

  it('waits through a restart until rating has told of it', async () => {
    house.ratingHolds = true;
    const receipt = await house.accept(events(50));
    await until(async () => ((await house.day())?.received === 50 ? true : undefined));
    expect(await house.day()).toMatchObject({ booked: 0, unsettled: 50 });
    await house.close();
    house.ratingHolds = false;
    await house.open();
    expect(await house.settled(receipt.id)).toMatchObject({ booked: 50 });
    expect(await house.day()).toMatchObject({ received: 50, booked: 50, unsettled: 0 });
  });

  it('is counted once when outcomes are told again, also after a restart that lost the receipts view', async () => {
    const receipt = await house.accept(events(5));
    await house.settled(receipt.id);
    const outcome = create(usageV1.IntakeOutcomeSchema, {
      tenantId: tenant,
      receiptId: receipt.id,
      part: 'p0',
      day: '2026-03-01',
      counts: [{ meter: 'energy_kwh', booked: 5 }],
    });
    const tellAgain = async () => {
      await house.bus.publish(intakeTopic, partitionOf(tenant, intakeTopic.partitions), [
        { id: 'x', value: outcome },
        { id: 'y', value: outcome },
      ]);
      await until(async () => ((await house.bus.lag(intakeTopic, 'ingestion')) === 0 ? true : undefined));
    };
    await tellAgain();
    await house.core.views.receipts.remove([receipt.id]);
    await house.close();
    await house.open();
    await tellAgain();
    expect(await house.day()).toMatchObject({ received: 5, booked: 5 });
  });

  it('counts what rating books even when the edge part never came', async () => {
    const outcome = create(usageV1.IntakeOutcomeSchema, {
      tenantId: tenant,
      receiptId: 'rcp_cut',
      part: 'p0',
      day: '2026-03-01',
      counts: [{ meter: 'm', booked: 3 }],
    });
    await house.bus.publish(intakeTopic, partitionOf(tenant, intakeTopic.partitions), [{ id: 'x', value: outcome }]);
    await until(async () => ((await house.day())?.booked === 3 ? true : undefined));
    expect(await house.day()).toMatchObject({ received: 3, booked: 3, unsettled: 0 });
    const edge = create(usageV1.IntakeOutcomeSchema, {
      tenantId: tenant,
      receiptId: 'rcp_cut',
      part: 'edge',
      day: '2026-03-02',
      received: 4,
      parts: ['p0', 'p1'],
      receivedMs: start,
    });
    await house.bus.publish(intakeTopic, partitionOf(tenant, intakeTopic.partitions), [{ id: 'y', value: edge }]);
    await until(async () => ((await house.day())?.received === 4 ? true : undefined));
    expect(await house.day()).toMatchObject({ day: '2026-03-01', received: 4, booked: 3, unsettled: 1 });
  });

  it('in a foreign form goes through the mapping that is named, or that takes its type', async () => {
    const receipt = await house.accept(ocpiCdr(), { mapping: 'ocpi-cdr-2.2.1' });
    await house.settled(receipt.id);
    expect(house.booked[0]).toMatchObject({ device: 'SE*NGR*E0017', quantity: '21.407' });
    const definition = JSON.stringify({
      format: 'cloudevents',
      match: { type: 'com.example.*' },
      events: [{ id: '{id}', source: '{source}', device: '{subject}', meter: 'm', time: '{time}', quantity: '{data.n}' }],
    });
    await house.mappings.putMapping(
      create(ingestionV1.PutMappingRequestSchema, {
        tenantId: tenant,
        cause: house.nextCause(),
        mapping: { code: 'own', definition },
      }),
    );
    const own = await house.accept(
      {
        specversion: '1.0',
        type: 'com.example.read',
        id: '1',
        source: '/s',
        subject: 'd',
        time: '2026-03-01T00:00:00Z',
        data: { n: 5 },
      },
      { contentType: 'application/cloudevents+json' },
    );
    expect(own).toMatchObject({ accepted: 1 });
    await expect(house.accept({}, { mapping: 'nothing' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(house.accept({}, { mapping: 'sim-usage-csv' })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(
      await house.accept({ specversion: '1.0', type: 'com.example.read', id: '1', source: '/s' }, { tenantId: otherTenant }),
    ).toMatchObject({ quarantined: 1 });
  });

  it('of one tenant is not seen by another', async () => {
    const receipt = await house.accept([nativeEvent({ id: '' })]);
    await house.settled(receipt.id);
    const foreign = create(tenantV1.GetRequestSchema, { tenantId: otherTenant, id: receipt.id });
    const absent = create(tenantV1.GetRequestSchema, { tenantId: tenant, id: 'rcp_00000000000000000000000000' });
    await expect(house.usage.getReceipt(foreign)).rejects.toMatchObject({ code: 'not_found' });
    await expect(house.usage.getReceipt(absent)).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      house.quarantine.getQuarantineItem(
        create(tenantV1.GetRequestSchema, { tenantId: otherTenant, id: receipt.results[0]?.quarantineId ?? '' }),
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect((await house.usage.listReceipts(create(tenantV1.ListRequestSchema, { tenantId: otherTenant }))).items).toEqual([]);
  });

  it('of any bytes is answered with a receipt or a problem', async () => {
    const values = fc.array(
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          type: fc.constantFrom('tollkeeper.usage.v1', 'x'),
          specversion: fc.constantFrom('1.0', 1),
          data: fc.jsonValue(),
        }),
      ),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
          values.map((value) => JSON.stringify(value)),
        ),
        fc.constantFrom('application/json', 'application/x-ndjson'),
        fc.constantFrom('', 'ocpi-cdr-2.2.1', 'tts-uplink', 'cloudevents-generic'),
        async (body, contentType, mapping) => {
          try {
            const receipt = await house.accept(body, { contentType, mapping });
            expect(receipt.accepted + receipt.quarantined).toBe(receipt.received);
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves chains that prove themselves', async () => {
    for (let i = 0; i < 5; i++) await house.accept([...events(5, `b${i}`), { i }]);
    const last = await house.accept(events(1, 'z'));
    await house.settled(last.id);
    const proof = await house.usage.verifyChains(create(ratingV1.VerifyRequestSchema, { tenantId: tenant, limit: 100 }));
    expect(proof).toMatchObject({ chains: 2, faults: [], nextCursor: '' });
    expect(proof.entries).toBeGreaterThanOrEqual(6);
  });
});
